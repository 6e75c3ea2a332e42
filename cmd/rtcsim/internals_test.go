package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestInternals compares a dump with the one that Chrome has written of a session with the same calls (chrome.json, by chrome.mjs): what
// is in it is in Chrome's as well, under the same names and with the same types, and the calls come in the same order.
func TestInternals(t *testing.T) {
	t.Parallel()
	needGuest(t)
	folder := absolute(t, "testdata/internals")
	dir := t.TempDir()
	rtcsim(t, dir, "run", filepath.Join(folder, "session.yaml"), "-o", "session.rtcrec").want(t, exitOK, "", "")
	rtcsim(t, dir, "export", "session.rtcrec", "--format", "webrtc-internals").want(t, exitOK, "session.webrtc-internals.txt", "")
	ours := readDump(t, filepath.Join(dir, "session.webrtc-internals.txt"))
	chrome := readDump(t, filepath.Join(folder, "chrome.json"))

	t.Run("members", func(t *testing.T) {
		compareMembers(t, "", ours, chrome)
		if missing := missingMembers(ours, chrome); !slices.Equal(missing, []string{"deviceMemory", "hardwareConcurrency"}) {
			t.Errorf("Chrome's has %v more", missing)
		}
		for _, c := range connections(ours) {
			compareMembers(t, "connection", c, connections(chrome)[0])
			if missing := missingMembers(c, connections(chrome)[0]); len(missing) > 0 {
				t.Errorf("a connection of Chrome's has %v more", missing)
			}
			for _, s := range object(c["stats"]) {
				for _, like := range object(connections(chrome)[0]["stats"]) {
					compareMembers(t, "series", object(s), object(like))
					if missing := missingMembers(object(s), object(like)); len(missing) > 0 {
						t.Errorf("a series of Chrome's has %v more", missing)
					}
					break
				}
			}
		}
	})
	t.Run("calls", func(t *testing.T) {
		for i, peer := range []string{"alice", "bob"} {
			got, want := calls(connections(ours)[i]), calls(connections(chrome)[i])
			if !slices.Equal(got, want) {
				t.Errorf("%s:\n%s\nin Chrome:\n%s", peer, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	})
	t.Run("updates", func(t *testing.T) {
		compareShapes(t, updates(t, ours), updates(t, chrome), []string{
			"addIceCandidateFailed.sdpMLineIndex null", // Chrome looks it up by the mid
			"transceiverAdded.receiver.track null",     // pion's receivers have no track before its first packet
			"transceiverModified.receiver.track null",
		}, func(name string) bool {
			switch name {
			case "createOffer.offerToReceiveAudio", "createOffer.offerToReceiveVideo", "createOffer.voiceActivityDetection",
				"createAnswer.voiceActivityDetection", "setConfiguration.alwaysNegotiateDataChannels": // are not in the standard
				return true
			}
			return false
		})
	})
	t.Run("values", func(t *testing.T) {
		for i, want := range []map[string]string{
			{"D1-messagesSent": "1", "D1-bytesSent": "5", "D1-messagesReceived": "1", "D1-bytesReceived": "2", "P-dataChannelsOpened": "1"},
			{"D1-messagesSent": "1", "D1-bytesSent": "2", "D1-messagesReceived": "1", "D1-bytesReceived": "5", "P-dataChannelsOpened": "1"},
		} {
			all := object(connections(ours)[i]["stats"])
			for name, value := range want {
				if got := lastValue(t, all, name); got != value {
					t.Errorf("connection %d: %s is %s, want %s", i+1, name, got, value)
				}
			}
			pair := strings.Trim(lastValue(t, all, "T01-selectedCandidatePairId"), `"`)
			if state := lastValue(t, all, pair+"-state"); state != `"succeeded"` {
				t.Errorf("connection %d: the selected pair %s is %s", i+1, pair, state)
			}
			// All of what came over the transport came over the pair: it was selected before.
			for _, member := range []string{"-bytesSent", "-bytesReceived", "-packetsSent", "-packetsReceived"} {
				if a, b := lastValue(t, all, "T01"+member), lastValue(t, all, pair+member); a != b || a == "0" {
					t.Errorf("connection %d: %s of the transport is %s, of its pair %s", i+1, member[1:], a, b)
				}
			}
		}
	})
	t.Run("statistics", func(t *testing.T) {
		left := leftOut(t)
		compareShapes(t, stats(t, ours), stats(t, chrome), nil, func(name string) bool {
			statsType, member, _ := strings.Cut(name, ".")
			if left[statsType] == nil {
				return false
			}
			all := slices.Equal(left[statsType], []string{"all"})
			return all || strings.HasPrefix(member, "[") || slices.Contains(left[statsType], member)
		})
		for statsType, members := range left {
			for _, member := range members {
				if stats(t, ours)[statsType+"."+member] != nil {
					t.Errorf("%s.%s is there, and is said to be left out", statsType, member)
				}
			}
		}
	})
}

// leftOut returns the statistics that the documentation says are left out.
func leftOut(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/export.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| statistics | left out |\n|---|---|\n")
	left := make(map[string][]string)
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 {
			break
		}
		left[strings.Trim(cells[1], " `")] = strings.FieldsFunc(cells[2], func(r rune) bool { return strings.ContainsRune(" `,", r) })
	}
	return left
}

func readDump(t *testing.T, path string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var dump map[string]any
	if err := json.Unmarshal(text, &dump); err != nil {
		t.Fatal(err)
	}
	return dump
}

// lastValue returns the last value of a series, as JSON.
func lastValue(t *testing.T, stats map[string]any, name string) string {
	t.Helper()
	text, _ := object(stats[name])["values"].(string)
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) == 0 {
		t.Fatalf("%s has no values: %v", name, err)
	}
	return string(list[len(list)-1])
}

func object(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

// connections returns those of a dump in the order in which they were made.
func connections(dump map[string]any) []map[string]any {
	all := object(dump["PeerConnections"])
	var list []map[string]any
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, object(all[name]))
	}
	return list
}

// compareMembers checks that Chrome has what is in ours, of the same type.
func compareMembers(t *testing.T, path string, ours, chrome map[string]any) {
	t.Helper()
	for name, value := range ours {
		like, ok := chrome[name]
		if !ok {
			if path != "/PeerConnections" && !strings.HasSuffix(path, "/stats") && path != "connection/stats" {
				t.Errorf("Chrome has no %s/%s", path, name)
			}
			continue
		}
		if got, want := kindOf(value), kindOf(like); got != want {
			t.Errorf("%s/%s is %s, in Chrome %s", path, name, got, want)
		}
		if child := object(value); child != nil {
			compareMembers(t, path+"/"+name, child, object(like))
		}
	}
}

// missingMembers returns what only Chrome has.
func missingMembers(ours, chrome map[string]any) []string {
	var names []string
	for name := range chrome {
		if _, ok := ours[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case float64:
		return "a number"
	case string:
		return "text"
	case []any:
		return "a list"
	}
	return "an object"
}

// calls returns the calls of a connection, with their results and with what does not depend on timing.
func calls(connection map[string]any) []string {
	var all []string
	for _, u := range connection["updateLog"].([]any) {
		u := object(u)
		name := u["type"].(string)
		switch {
		case strings.HasPrefix(name, "onice"), name == "addIceCandidate", strings.HasPrefix(name, "onconnection"),
			name == "onnegotiationneeded", name == "onsignalingstatechange", strings.HasPrefix(name, "transceiver"):
			continue
		case name == "createDataChannel", name == "ondatachannel":
			name += " " + u["value"].(string)
		}
		all = append(all, name)
	}
	return all
}

// A shape is which members there are, and of which types each was seen.
type shape map[string]map[string]bool

func (s shape) add(name string, v any) {
	if s[name] == nil {
		s[name] = make(map[string]bool)
	}
	s[name][kindOf(v)] = true
	switch v := v.(type) {
	case map[string]any:
		for member, value := range v {
			s.add(name+"."+member, value)
		}
	case []any:
		for _, value := range v {
			s.add(name+"[]", value)
		}
	}
}

// updates returns the shape of the values in the logs of a dump.
func updates(t *testing.T, dump map[string]any) shape {
	t.Helper()
	all := make(shape)
	for _, c := range connections(dump) {
		for _, u := range c["updateLog"].([]any) {
			u := object(u)
			for _, name := range slices.Sorted(maps.Keys(u)) {
				all.add("update."+name, u[name])
			}
			text := u["value"].(string)
			var value any
			switch {
			case text == "":
				value = nil
			case json.Unmarshal([]byte(text), &value) != nil:
				value = []any{} // words, such as an error's
			}
			all.add(u["type"].(string), value)
		}
	}
	return all
}

// stats returns the shape of the statistics of a dump.
func stats(t *testing.T, dump map[string]any) shape {
	t.Helper()
	all := make(shape)
	for _, c := range connections(dump) {
		for name, s := range object(c["stats"]) {
			statsType := object(s)["statsType"].(string)
			var list []any
			if err := json.Unmarshal([]byte(object(s)["values"].(string)), &list); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			member := name[strings.LastIndex(name, "-")+1:]
			if i := strings.LastIndex(name, "-["); i >= 0 {
				member = name[i+1:]
			}
			for _, value := range list {
				all.add(fmt.Sprintf("%s.%s", statsType, member), value)
			}
		}
	}
	return all
}

// compareShapes checks that all of ours is in Chrome's with a type that Chrome has, too, and the other way round, but for what may differ or be missing.
func compareShapes(t *testing.T, ours, chrome shape, differs []string, missing func(name string) bool) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(ours)) {
		if chrome[name] == nil {
			t.Errorf("Chrome has no %s", name)
			continue
		}
		for kind := range ours[name] {
			if !chrome[name][kind] && !slices.Contains(differs, name+" "+kind) {
				t.Errorf("%s is %s, in Chrome %v", name, kind, slices.Sorted(maps.Keys(chrome[name])))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(chrome)) {
		if ours[name] == nil && !missing(name) {
			t.Errorf("only Chrome has %s", name)
		}
	}
}
