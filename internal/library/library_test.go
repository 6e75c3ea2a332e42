package library

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

const good = "peers: {alice: {}}\n"

// folder makes the working directory one with some files.
func folder(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// tree has all that can lie in a folder.
var tree = map[string]string{
	"calls/a.yaml":                    good,
	"calls/b.yml":                     good,
	"calls/notes.txt":                 "no scenario",
	"calls/deeper/c.yaml":             "include: parts/network.yaml\npeers: {alice: {network: home}}\n",
	"calls/deeper/parts/network.yaml": "network: {home: {}}\n",
	"calls/deeper/parts/peers.yaml":   "peers: {bob: {}}\n",
	"calls/deeper/d.yaml":             "include: parts/peers.yaml\nsteps: [{bob: close}]\n",
	"calls/..data/a.yaml":             good, // what a volume in Kubernetes links to
	"calls/.git/b.yaml":               good,
	"calls/.hidden.yaml":              good,
	"wrong/no-peers.yaml":             "name: Forgotten\nsteps: [{alice: close}]\n",
	"wrong/broken.yaml":               "peers: [\n",
	"parts/home.yaml":                 "network: {home: {}}\n",
	"empty/notes.txt":                 "",
	"nat/own.yaml":                    good,
}

func TestFind(t *testing.T) {
	folder(t, tree)
	if err := os.Symlink("calls", "link"); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	calls := []string{"calls/a.yaml", "calls/b.yml", "calls/deeper/c.yaml", "calls/deeper/d.yaml"}
	glare := []string{"signaling/glare"}
	tests := []struct {
		args []string
		want []string
		err  string
	}{
		{args: []string{"calls/a.yaml"}, want: calls[:1]},
		{args: []string{"calls"}, want: calls},
		{args: []string{"./calls/"}, want: calls},
		{args: []string{here + "/calls"}, want: calls},
		{args: []string{"link"}, want: []string{"link/a.yaml", "link/b.yml", "link/deeper/c.yaml", "link/deeper/d.yaml"}},
		{args: []string{"calls/deeper", "calls"}, want: []string{calls[2], calls[3], calls[0], calls[1]}},
		{args: []string{"calls/a.yaml", "calls/a.yaml", "./calls/a.yaml"}, want: calls[:1]},
		{args: []string{"calls/*"}, want: calls},
		{args: []string{"calls/*.yaml"}, want: calls[:1]},
		{args: []string{"calls/**/*.yaml"}, want: []string{calls[0], calls[2], calls[3]}},
		{args: []string{"**/[cd].yaml"}, want: calls[2:]},
		{args: []string{"calls/?.y*ml"}, want: calls[:2]},
		{args: []string{"*/deeper"}, want: calls[2:]},
		// A part that is named is one that is wrong, or right by itself.
		{args: []string{"calls/deeper", "calls/deeper/parts/peers.yaml"}, want: []string{calls[2], calls[3], "calls/deeper/parts/peers.yaml"}},
		{args: []string{"calls/deeper/parts/network.yaml"}, want: []string{"calls/deeper/parts/network.yaml"}},
		// What is wrong is no reason to leave it out.
		{args: []string{"wrong"}, want: []string{"wrong/broken.yaml", "wrong/no-peers.yaml"}},
		{args: []string{"signaling/glare"}, want: glare},
		{args: []string{"signaling/glare.yaml"}, want: glare},
		{args: []string{"library/signaling/glare"}, want: glare},
		{args: []string{"sign*/gl*"}, want: glare},
		{args: []string{"**/glare"}, want: glare},
		{args: []string{"signaling/glare", "library/signaling/glare"}, want: glare},
		// What is on disk comes first.
		{args: []string{"nat"}, want: []string{"nat/own.yaml"}},
		{args: []string{"nat/own.yaml", "signaling/glare"}, want: []string{"nat/own.yaml", "signaling/glare"}},
		{args: []string{"empty"}, err: "empty: no file in this folder ends in .yaml or .yml"},
		{args: []string{"parts"}, err: "there is no scenario in parts, only what scenarios can include"},
		{args: []string{"nowhere"}, err: "nowhere: no such file or folder, and nothing of that name in the library; 'rtcsim list' lists the library"},
		{args: []string{"signalling"}, err: "did you mean signaling?"},
		{args: []string{"glare"}, err: "did you mean signaling/glare?"},
		{args: []string{"nat/symetric-both"}, err: "did you mean nat/symmetric-both?"},
		{args: []string{"libary"}, err: "did you mean library?"},
		{args: []string{"calls/*.json"}, err: "calls/*.json: no file and no scenario of the library matches"},
		{args: []string{"calls/[a.yaml"}, err: "a [ is not closed"},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			found, err := Find(test.args...)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("the error is %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, s := range found {
				names = append(names, s.Name)
				if s.BuiltIn != (filepath.Ext(s.Name) == "") {
					t.Errorf("%s is in the library: %t", s.Name, s.BuiltIn)
				}
			}
			if diff := cmp.Diff(test.want, names); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFindLibrary sees that the whole library and its topics are found, and that all of it can be read.
func TestFindLibrary(t *testing.T) {
	all, err := Find("library")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
		if _, err := s.All(); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(names, Names()) || len(names) < 50 {
		t.Errorf("the library is %v, want %v", names, Names())
	}
	count := 0
	for _, topic := range Topics() {
		some, err := Find("library/" + topic)
		if err != nil || len(some) == 0 {
			t.Errorf("%s: %v", topic, err)
		}
		count += len(some)
	}
	if count != len(all) {
		t.Errorf("there are %d scenarios in topics, and %d in all", count, len(all))
	}
}

// TestOpen sees that the library's scenario and its file are one: the same header, and so the same run.
func TestOpen(t *testing.T) {
	file, err := Open("../../scenarios/signaling/glare.yaml")
	if err != nil {
		t.Fatal(err)
	}
	builtIn, err := Open("signaling/glare")
	if err != nil {
		t.Fatal(err)
	}
	var headers []recorder.Header
	for _, s := range []*Source{file, builtIn} {
		all, err := s.All()
		if err != nil {
			t.Fatal(err)
		}
		headers = append(headers, s.Header(headersOf{}, all[0], 3, recorder.Options{Packets: recorder.PacketsFull}))
	}
	if diff := cmp.Diff(headers[0], headers[1]); diff != "" {
		t.Error(diff)
	}
}

// headersOf makes headers as a runner does, without one.
type headersOf struct{}

func (headersOf) Header(file string, text []byte, seed uint64, options recorder.Options) recorder.Header {
	return recorder.Header{Identity: recorder.Identity{Scenario: filepath.Base(file), Seed: seed, Options: options}, Text: string(text)}
}

// TestHeader sees that a header holds the variant and what the scenario includes.
func TestHeader(t *testing.T) {
	folder(t, map[string]string{
		"call.yaml":        "include: parts/home.yaml\nmatrix: {loss: [0%, 5%]}\npeers: {alice: {network: home}}\n",
		"parts/home.yaml":  "include: other.yaml\nnetwork: {home: {link: {loss: '${loss}'}}}\n",
		"parts/other.yaml": "network: {office: {}}\n",
	})
	s, err := Open("call.yaml")
	if err != nil {
		t.Fatal(err)
	}
	variants, err := s.Variants([]string{"loss=5%"})
	if err != nil {
		t.Fatal(err)
	}
	// It is read once.
	if err := os.WriteFile("parts/home.yaml", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	h := s.Header(headersOf{}, variants[0], 3, recorder.Options{})
	if h.Options.Variant != "loss=5%" || len(h.Includes) != 2 || h.Includes[0].Path != "parts/home.yaml" || !strings.Contains(h.IncludedTexts[0], "office") && !strings.Contains(h.IncludedTexts[0], "home") {
		t.Errorf("%+v", h)
	}
}

// TestOutside sees that nothing outside of the scenario's folder can be included, by a link neither.
func TestOutside(t *testing.T) {
	folder(t, map[string]string{"secret.yaml": "network: {home: {}}\n", "calls/call.yaml": "include: link.yaml\npeers: {alice: {}}\n"})
	if err := os.Symlink("../secret.yaml", "calls/link.yaml"); err != nil {
		t.Fatal(err)
	}
	s, err := Open("calls/call.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.All()
	var list scenario.ErrorList
	if !errors.As(err, &list) || list[0].Code != "unreadable" || list[0].File != "calls/call.yaml" {
		t.Errorf("the error is %v", err)
	}
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"a", "a", true}, {"a", "b", false}, {"*", "a", true}, {"*", "a/b", false}, {"**", "a/b", true}, {"**", "", true},
		{"**/b", "b", true}, {"**/b", "a/b", true}, {"**/b", "a/c", false}, {"a/**/b", "a/b", true}, {"a/**/b", "a/x/y/b", true},
		{"a/**/b/**", "a/b/c", true}, {"a/*/b", "a/b", false}, {"a/?", "a/bc", false}, {"a**", "abc", true}, {"a**", "a/b", false},
		{"**/**/b", "b", true}, {"a/b", "a", false}, {"a", "a/b", false},
	} {
		if got := matches(test.pattern, test.name); got != test.want {
			t.Errorf("%s matches %s: %t", test.pattern, test.name, got)
		}
	}
}
