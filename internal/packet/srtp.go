package packet

import (
	"github.com/pion/dtls/v3/pkg/crypto/prf"
	"github.com/pion/srtp/v3"
)

// exporterLabel is RFC 5764's.
const exporterLabel = "EXTRACTOR-dtls_srtp"

// srtpContexts makes the contexts that decrypt SRTP and SRTCP, one for each
// sender, and reports whether SRTP was agreed on. What a sender sends is the
// same on each leg of its way, so that one context does for all.
func (a *association) srtpContexts() bool {
	if a.srtp[client] != nil {
		return true
	}
	profile := a.server.profile
	key, err := profile.KeyLen()
	if err != nil {
		return false
	}
	salt, err := profile.SaltLen()
	if err != nil {
		return false
	}
	// The exporter of RFC 5705, without a context.
	seed := append(append([]byte(exporterLabel), a.client[:]...), a.server.random[:]...)
	material, err := prf.PHash(a.master, seed, 2*(key+salt), a.suite.prf)
	if err != nil {
		return false
	}
	keys, salts := material[:2*key], material[2*key:]
	for _, r := range []role{client, server} {
		i := int(r)
		context := func() (*srtp.Context, error) {
			return srtp.CreateContext(keys[i*key:(i+1)*key], salts[i*salt:(i+1)*salt], profile,
				srtp.Cryptex(srtp.CryptexModeEnabled))
		}
		rtp, err := context()
		if err != nil {
			return false
		}
		rtcp, err := context()
		if err != nil {
			return false
		}
		a.srtp[r], a.srtcp[r] = rtp, rtcp
	}
	return true
}

// decryptRTP returns the RTP packet in an SRTP packet of the flow.
func (d *Dissector) decryptRTP(s *flowState, packet []byte) ([]byte, bool) {
	return d.decryptMedia(s, func(a *association, sender role) ([]byte, error) {
		return a.srtp[sender].DecryptRTP(nil, packet, nil)
	})
}

// decryptRTCP returns the RTCP packet in an SRTCP packet of the flow.
func (d *Dissector) decryptRTCP(s *flowState, packet []byte) ([]byte, bool) {
	return d.decryptMedia(s, func(a *association, sender role) ([]byte, error) {
		return a.srtcp[sender].DecryptRTCP(nil, packet, nil)
	})
}

func (d *Dissector) decryptMedia(s *flowState, decrypt func(*association, role) ([]byte, error)) (plain []byte, ok bool) {
	if len(d.secrets) == 0 {
		return nil, false
	}
	ok = d.find(s, func(a *association, sender role) bool {
		if !a.srtpContexts() {
			return false
		}
		var err error
		plain, err = decrypt(a, sender)
		return err == nil
	})
	return plain, ok
}
