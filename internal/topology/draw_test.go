package topology_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"

	"github.com/rtcsim/rtcsim/internal/topology"
	"github.com/rtcsim/rtcsim/recorder"
)

var update = flag.Bool("update", false, "rewrite the drawings in testdata with what the tests see")

// read reads a topology of testdata, which is as rtcsim run --topology --json prints it.
func read(t *testing.T, name string) recorder.Topology {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var topology recorder.Topology
	if err := dec.Decode(&topology); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return topology
}

// star is a hub and the peers around it, each at a home of its own or all in one network.
func star(peers int, homes bool) recorder.Topology {
	link := &recorder.TopologyLink{
		Up:   recorder.TopologyDirection{Profile: "dsl", Delay: 5e6, Rate: 256e3},
		Down: recorder.TopologyDirection{Profile: "dsl", Delay: 5e6, Rate: 2e6},
	}
	at := func(network, address string) []recorder.TopologyInterface {
		return []recorder.TopologyInterface{{Name: "eth0", Network: network, Address: address, Up: true}}
	}
	t := recorder.Topology{
		Networks: []recorder.TopologyNetwork{{Name: "internet", Subnet: "198.19.0.0/24"}},
		Hosts:    []recorder.TopologyHost{{Name: "hub", Interfaces: at("internet", "198.19.0.1")}},
	}
	if !homes {
		t.Networks = append(t.Networks, recorder.TopologyNetwork{Name: "town", Behind: "internet", Subnet: "203.0.113.0/24", Link: link})
	}
	for i := 1; i < peers; i++ {
		name := fmt.Sprintf("peer%d", i)
		if homes {
			home := fmt.Sprintf("home%d", i)
			t.Networks = append(t.Networks, recorder.TopologyNetwork{
				Name: home, Behind: "internet", Subnet: fmt.Sprintf("192.168.%d.0/24", i), Link: link,
				NAT: "full-cone", Public: []string{fmt.Sprintf("198.18.%d.1", i)},
			})
			t.Hosts = append(t.Hosts, recorder.TopologyHost{Name: name, Interfaces: at(home, fmt.Sprintf("192.168.%d.1", i))})
			continue
		}
		t.Hosts = append(t.Hosts, recorder.TopologyHost{Name: name, Interfaces: at("town", fmt.Sprintf("203.0.113.%d", i))})
	}
	return t
}

func draw(t *testing.T, drawn recorder.Topology, o topology.Options) string {
	t.Helper()
	var out strings.Builder
	if err := topology.Draw(&out, lipgloss.NewRenderer(io.Discard), drawn, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestDraw(t *testing.T) {
	tests := []struct {
		name     string
		topology recorder.Topology
		widths   []int
	}{
		{"pair", read(t, "pair"), []int{60, 80, 120}},
		{"carrier", read(t, "carrier"), []int{60, 80, 120}},
		{"multihomed", read(t, "multihomed"), []int{60, 80, 120}},
		{"servers", read(t, "servers"), []int{80}},
		{"bare", read(t, "bare"), []int{80}},
		{"star", star(50, false), []int{80}},
		{"star-of-homes", star(50, true), []int{80}},
	}
	for _, tt := range tests {
		for _, width := range tt.widths {
			for _, ascii := range []bool{false, true} {
				name := fmt.Sprintf("%s-%d", tt.name, width)
				if ascii {
					if width != 80 {
						continue
					}
					name += "-ascii"
				}
				t.Run(name, func(t *testing.T) {
					got := draw(t, tt.topology, topology.Options{Width: width, ASCII: ascii})
					for i, line := range strings.Split(got, "\n") {
						if lipgloss.Width(line) > width || strings.HasSuffix(line, " ") {
							t.Errorf("line %d is too wide, or ends with a space: %q", i+1, line)
						}
						if ascii && strings.ContainsFunc(line, func(r rune) bool { return r >= 0x80 }) {
							t.Errorf("line %d is not in ASCII: %q", i+1, line)
						}
					}
					golden := filepath.Join("testdata", name+".txt")
					if *update {
						if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
							t.Fatal(err)
						}
					}
					want, err := os.ReadFile(golden)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
						t.Errorf("the drawing is not that in %s (-want +got):\n%s\n"+
							"if it should be, run 'go test ./internal/topology -update' and look at it", golden, diff)
					}
				})
			}
		}
	}
}

// TestColour sees that colour changes no character, and that what is down and the peers stand out.
func TestColour(t *testing.T) {
	drawn := read(t, "multihomed")
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.ANSI256)
	renderer.SetHasDarkBackground(true)
	var out strings.Builder
	if err := topology.Draw(&out, renderer, drawn, topology.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\x1b[38;5;75malice", "\x1b[38;5;215mbob", "\x1b[1;38;5;203mdown\x1b[0m"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("there is no %q in\n%s", want, out.String())
		}
	}
	plain := draw(t, drawn, topology.Options{})
	if got := strip(out.String()); got != plain {
		t.Errorf("without its colours, the drawing is another one (-want +got):\n%s", cmp.Diff(plain, got))
	}
}

// strip takes away what sets a colour.
func strip(s string) string {
	var b strings.Builder
	for part := range strings.SplitSeq("m"+s, "\x1b[") {
		_, text, _ := strings.Cut(part, "m")
		b.WriteString(text)
	}
	return b.String()
}

// TestDamaged draws what no run would tell, as a recording that somebody has edited might.
func TestDamaged(t *testing.T) {
	up := func(network string) []recorder.TopologyInterface {
		return []recorder.TopologyInterface{{Name: "eth0", Network: network, Up: true}}
	}
	for name, drawn := range map[string]recorder.Topology{
		"nothing":      {},
		"a circle":     {Networks: []recorder.TopologyNetwork{{Name: "a", Behind: "b"}, {Name: "b", Behind: "a"}}, Hosts: []recorder.TopologyHost{{Name: "x", Interfaces: up("a")}, {Name: "y", Interfaces: up("b")}}},
		"no network":   {Hosts: []recorder.TopologyHost{{Name: "x", Interfaces: up("a")}, {Name: "y", Interfaces: up("b")}}},
		"no interface": {Hosts: []recorder.TopologyHost{{Name: "x"}, {Name: "y"}}},
		"two internets": {
			Networks: []recorder.TopologyNetwork{{Name: "a"}, {Name: "b"}},
			Hosts:    []recorder.TopologyHost{{Name: "x", Interfaces: up("a")}, {Name: "y", Interfaces: up("b")}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := draw(t, drawn, topology.Options{}); strings.Contains(got, "round trip") {
				t.Errorf("there is a way between what is not joined:\n%s", got)
			}
		})
	}
}
