package tui

import (
	"slices"
	"strings"
	"sync"

	dissector "github.com/rtcsim/rtcsim/internal/dissection"
	"github.com/rtcsim/rtcsim/internal/filter"
	"github.com/rtcsim/rtcsim/recorder"
)

// inside is a recording to a filter that asks for the types of packets: it tells
// those of what is encrypted as well. Such a filter is slower, since every
// packet is decrypted on the way.
type inside struct {
	*recorder.Recording

	mu         sync.Mutex
	dissection *dissector.Dissection
	seen       int      // the events up to this one are known
	lists      []string // lists of types, each once
	numbers    map[string]uint16
	types      map[uint64]uint16 // a packet's list, by its number
}

// asking returns the recording as a filter needs it.
func asking(r *recorder.Recording, f *filter.Filter) filter.Recording {
	text := f.String()
	if !strings.Contains(text, "type:") && !strings.Contains(text, "proto:") {
		return r
	}
	return &inside{
		Recording:  r,
		dissection: dissector.New(),
		numbers:    make(map[string]uint16),
		types:      make(map[uint64]uint16),
	}
}

// Event returns event n, a packet's with all types.
func (s *inside) Event(n int) (recorder.Event, error) {
	e, err := s.Recording.Event(n)
	if err != nil || !isPacket(e.Kind) {
		return e, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.follow(n)
	data, err := e.Value()
	if err != nil {
		return e, nil // as it is
	}
	switch d := data.(type) {
	case recorder.PacketSent:
		if types, ok := s.of(d.ID); ok {
			d.Types = types
			data = d
		}
	case recorder.PacketEnd:
		if types, ok := s.of(d.ID); ok {
			d.Types = types
			data = d
		}
	}
	whole, err := recorder.ParseLine(recorder.AppendLine(nil, e, data))
	if err != nil {
		return e, nil
	}
	return whole, nil
}

// of returns the types of a packet.
func (s *inside) of(id uint64) ([]string, bool) {
	i, ok := s.types[id]
	if !ok {
		return nil, false
	}
	return strings.Fields(s.lists[i]), true
}

// follow reads the packets up to an event.
func (s *inside) follow(n int) {
	read := func(_ string, k recorder.Kind) bool {
		return k == recorder.KindPacketSent || k == recorder.KindDTLSSecret
	}
	for i := s.Recording.After(s.seen, read); i > 0 && i <= n; i = s.Recording.After(i, read) {
		e, err := s.Recording.Event(i)
		if err != nil {
			continue
		}
		switch d, _ := e.Value(); d := d.(type) {
		case recorder.DTLSSecret:
			s.dissection.Secret(d)
		case recorder.PacketSent:
			types, err := s.dissection.Types(e.Peer, d)
			if err != nil || len(d.Payload) == 0 || slices.Equal(types, d.Types) {
				continue
			}
			list := strings.Join(types, " ")
			number, ok := s.numbers[list]
			if !ok {
				number = uint16(len(s.lists))
				s.numbers[list] = number
				s.lists = append(s.lists, list)
			}
			s.types[d.ID] = number
		}
	}
	s.seen = max(s.seen, n)
}
