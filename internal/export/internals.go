package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

var internals = Format{
	Name:      "webrtc-internals",
	Extension: ".webrtc-internals.txt",
	Summary:   "the dump that Chrome's page chrome://webrtc-internals writes, for viewers of it",
	Takes:     []string{"from", "to", "peer"},
	Write:     writeInternals,
}

// The members of a dump are in the order in which Chrome has them.
type internalsDump struct {
	Timestamp       float64              `json:"timestamp"`
	GetUserMedia    []struct{}           `json:"getUserMedia"`
	PeerConnections ordered[*connection] `json:"PeerConnections"`
	UserAgent       string               `json:"UserAgent"`
	UserAgentData   internalsUserAgent   `json:"UserAgentData"`
}

type internalsUserAgent struct {
	Brands          []internalsBrand `json:"brands"`
	FullVersionList []internalsBrand `json:"fullVersionList"`
	Mobile          bool             `json:"mobile"`
	Platform        string           `json:"platform"`
}

type internalsBrand struct {
	Brand   string `json:"brand"`
	Version string `json:"version"`
}

// A connection is a peer's RTCPeerConnection, as a dump has it.
type connection struct {
	PID           int             `json:"pid"`
	Configuration string          `json:"rtcConfiguration"`
	Stats         ordered[series] `json:"stats"`
	UpdateLog     []update        `json:"updateLog"`
	URL           string          `json:"url"`

	log   *updateLog
	stats *statistics
}

// ordered is a JSON object whose members keep their order.
type ordered[T any] struct {
	names  []string
	values map[string]T
}

func (o *ordered[T]) set(name string, value T) {
	if o.values == nil {
		o.values = make(map[string]T)
	}
	if _, known := o.values[name]; !known {
		o.names = append(o.names, name)
	}
	o.values[name] = value
}

// MarshalJSON implements [json.Marshaler].
func (o ordered[T]) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range o.names {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := encode(o.values[name])
		if err != nil {
			return nil, err
		}
		b.WriteString(strconv.Quote(name) + ":")
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// timestamp is a virtual time as a timestamp of the web: milliseconds since 1970, with microseconds after the point.
func timestamp(t time.Duration) float64 {
	return float64(epoch.Add(t).UnixMicro()) / 1000
}

// writeInternals writes what Chrome's page would have written at the end of the session, if it had run in one renderer of Chrome.
func writeInternals(w io.Writer, r *recorder.Recording, o Options) error {
	connections, end, err := readConnections(r, o)
	if err != nil {
		return err
	}
	header := r.Header()
	version := internalsBrand{"rtcsim", header.Rtcsim}
	agent := "rtcsim/" + header.Rtcsim
	brands := []internalsBrand{version}
	for _, m := range header.Modules {
		if m.Path == "github.com/pion/webrtc/v4" {
			agent += " pion-webrtc/" + m.Version
			brands = append(brands, internalsBrand{"pion/webrtc", m.Version})
		}
	}
	dump := internalsDump{
		Timestamp:     timestamp(end),
		GetUserMedia:  []struct{}{},
		UserAgent:     agent,
		UserAgentData: internalsUserAgent{Brands: brands, FullVersionList: brands, Platform: "wasip1"},
	}
	for i, peer := range Peers(r) {
		c := connections[peer]
		if c == nil || len(o.Peers) > 0 && !slices.Contains(o.Peers, peer) {
			continue
		}
		c.PID = 1
		c.URL = "rtcsim://" + header.Scenario + "/" + peer
		c.UpdateLog = c.log.updates()
		c.Stats = c.stats.all
		dump.PeerConnections.set(fmt.Sprintf("%d-%d", c.PID, i+1), c)
	}
	text, err := encode(dump)
	if err != nil {
		return err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", " "); err != nil {
		return err
	}
	indented.WriteByte('\n')
	_, err = indented.WriteTo(w)
	return err
}

// readConnections follows the whole recording, and keeps what is in the range that the options ask for.
func readConnections(r *recorder.Recording, o Options) (map[string]*connection, time.Duration, error) {
	connections := make(map[string]*connection)
	sampler := newSampler(r, o, connections)
	var end time.Duration
	last := 0
	for n, entry := range r.Forward(1) {
		if entry.Kind == "" {
			continue
		}
		if o.To > 0 && entry.Time > o.To {
			end = o.To
			break
		}
		last = n
		e, err := r.Event(n)
		if err != nil {
			continue // it is among the damage
		}
		data, err := e.Value()
		if err != nil {
			return nil, 0, fmt.Errorf("event %d: %w", n, err)
		}
		end = e.Time
		if err := sampler.advance(e.Time, n-1); err != nil {
			return nil, 0, err
		}
		if call, ok := data.(recorder.Call); ok && call.Method == "RTCPeerConnection" {
			c := &connection{Configuration: configuration(call.Args), log: &updateLog{r: r}, stats: newStatistics()}
			connections[e.Peer] = c
		}
		if err := sampler.note(e, data); err != nil {
			return nil, 0, err
		}
		if c := connections[e.Peer]; c != nil {
			c.log.hidden = !o.during(e.Time)
			if err := c.log.note(n, e, data); err != nil {
				return nil, 0, err
			}
		}
	}
	return connections, end, sampler.finish(end, last)
}

// configuration returns a configuration as Chrome logs it: without credentials, and without what is the default.
func configuration(args json.RawMessage) string {
	var c struct {
		ICEServers []struct {
			URLs json.RawMessage `json:"urls"`
		} `json:"iceServers,omitempty"`
		ICETransportPolicy   string `json:"iceTransportPolicy,omitempty"`
		BundlePolicy         string `json:"bundlePolicy,omitempty"`
		RTCPMuxPolicy        string `json:"rtcpMuxPolicy,omitempty"`
		ICECandidatePoolSize int    `json:"iceCandidatePoolSize,omitempty"`
	}
	if len(args) > 0 && json.Unmarshal(args, &c) != nil {
		return "{}"
	}
	if c.ICETransportPolicy == "all" {
		c.ICETransportPolicy = ""
	}
	if c.BundlePolicy == "balanced" {
		c.BundlePolicy = ""
	}
	if c.RTCPMuxPolicy == "require" {
		c.RTCPMuxPolicy = ""
	}
	for i, server := range c.ICEServers { // always a list
		if len(server.URLs) > 0 && server.URLs[0] == '"' {
			c.ICEServers[i].URLs = append(append([]byte("["), server.URLs...), ']')
		}
	}
	text, err := encode(c)
	if err != nil {
		return "{}"
	}
	return string(text)
}
