package export

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/rtcsim/rtcsim/internal/packet"
	"github.com/rtcsim/rtcsim/recorder"
)

// A pair is two peers that have DTLS associations with one another, and what reads these.
type pair struct {
	peers     [2]string
	dissector *packet.Dissector
}

// other returns the peer that is not the given one.
func (p *pair) other(peer string) string {
	if p.peers[0] == peer {
		return p.peers[1]
	}
	return p.peers[0]
}

// A secret is what it takes to decrypt a DTLS association.
type secret struct {
	recorder.DTLSSecret
	peers []string // who has told it
}

// readSecrets returns the secrets of a recording, in their order.
func readSecrets(r *recorder.Recording) ([]secret, error) {
	var all []secret
	err := each(r, func(event recorder.Event, data any) {
		s, _ := data.(recorder.DTLSSecret)
		i := slices.IndexFunc(all, func(known secret) bool { return string(known.ClientRandom) == string(s.ClientRandom) })
		if i < 0 {
			i = len(all)
			all = append(all, secret{DTLSSecret: s})
		}
		if !slices.Contains(all[i].peers, event.Peer) {
			all[i].peers = append(all[i].peers, event.Peer)
		}
	}, recorder.KindDTLSSecret)
	return all, err
}

// keyLog returns the secrets in the format of the NSS key log.
func keyLog(secrets []secret) []byte {
	var log []byte
	for _, s := range secrets {
		log = fmt.Appendf(log, "CLIENT_RANDOM %x %x\n", s.ClientRandom, s.MasterSecret)
	}
	return log
}

// pairs groups the secrets by the peers that have them: a dissector says what is in a packet, but not whom it is from, where a
// relay has sent it.
func pairs(secrets []secret, peers []string) []*pair {
	var all []*pair
	for _, s := range secrets {
		names := slices.Clone(s.peers)
		if len(names) == 1 && len(peers) == 2 { // the other has not got so far
			names = peers
		}
		if len(names) != 2 {
			continue
		}
		names = slices.Sorted(slices.Values(names))
		i := slices.IndexFunc(all, func(p *pair) bool { return p.peers[0] == names[0] && p.peers[1] == names[1] })
		if i < 0 {
			i = len(all)
			all = append(all, &pair{peers: [2]string{names[0], names[1]}, dissector: packet.NewDissector()})
		}
		all[i].dissector.AddSecret(s.ClientRandom, s.MasterSecret)
	}
	return all
}

// A content is a message that was encrypted in a packet.
type content struct {
	pair     *pair
	protocol string // sctp, rtp or rtcp
	data     []byte
}

// decrypt returns what is in a packet. It must be asked for every packet, in their order.
func decrypt(all []*pair, j journey) ([]content, error) {
	if len(all) == 0 {
		return nil, nil
	}
	src, err := netip.ParseAddrPort(j.Src)
	if err != nil {
		return nil, err
	}
	dst, err := netip.ParseAddrPort(j.Dst)
	if err != nil {
		return nil, err
	}
	var found []content
	for _, p := range all {
		dissected := p.dissector.Dissect(packet.Datagram{ID: j.ID, From: j.sent.Peer, Src: src, Dst: dst, Payload: j.Payload})
		found = contents(found, p, dissected.Layers)
	}
	return found, nil
}

// contents adds what was decrypted of the layers.
func contents(found []content, p *pair, layers []packet.Layer) []content {
	for _, l := range layers {
		switch l.Protocol {
		case "sctp", "rtp", "rtcp":
			if l.Data != nil {
				found = append(found, content{p, l.Protocol, l.Data})
				continue // what is in it is part of it
			}
		}
		found = contents(found, p, l.Layers)
	}
	return found
}

// payloadTypes returns the rtpmap and fmtp attributes of what each peer has said that it receives, by peer and payload type: what
// the descriptions say that it has set as its own.
func payloadTypes(r *recorder.Recording) (map[string]map[string][]string, error) {
	all := make(map[string]map[string][]string)
	err := each(r, func(event recorder.Event, data any) {
		var description struct {
			SDP string `json:"sdp"`
		}
		call, _ := data.(recorder.Call)
		if call.Method != "setLocalDescription" || json.Unmarshal(call.Args, &description) != nil {
			return
		}
		types := all[event.Peer]
		if types == nil {
			types = make(map[string][]string)
			all[event.Peer] = types
		}
		for line := range strings.Lines(description.SDP) {
			attribute, ok := strings.CutPrefix(strings.TrimSpace(line), "a=")
			name, value, _ := strings.Cut(attribute, ":")
			typ, _, _ := strings.Cut(value, " ")
			if ok && (name == "rtpmap" || name == "fmtp") && !slices.Contains(types[typ], attribute) {
				types[typ] = append(types[typ], attribute)
			}
		}
	}, recorder.KindCall)
	return all, err
}
