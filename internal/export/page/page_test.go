package page

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// record runs a scenario and returns its recording.
func record(t *testing.T, file string) *recorder.Recording {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Source{File: filepath.Base(file), Text: text}.Read()
	if err != nil {
		t.Fatal(err)
	}
	r, err := runner.New(t.Context(), 0, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	path := filepath.Join(t.TempDir(), "x.rtcrec")
	header := r.Header(file, text, s.Seed, recorder.Options{Packets: recorder.PacketsFull})
	if _, _, err := r.Record(t.Context(), path, header, sandbox.Limits{}, nil); err != nil {
		t.Fatal(err)
	}
	return load(t, path)
}

func load(t *testing.T, path string) *recorder.Recording {
	t.Helper()
	recording, err := recorder.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { recording.Close() })
	<-recording.Done()
	return recording
}

// write returns a recording as a page, and a file with it.
func write(t *testing.T, r *recorder.Recording) (page, path string) {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, r, "session", nobody); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "session.html")
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return out.String(), path
}

// nobody has no names for addresses.
func nobody(address string) string { return address }

// unpacked returns what pack made a text of.
func unpacked(t *testing.T, page, id string) []byte {
	t.Helper()
	_, after, found := strings.Cut(page, fmt.Sprintf("<script type=\"application/gzip\" id=%q>", id))
	if !found {
		t.Fatalf("the page has no %s", id)
	}
	text, _, _ := strings.Cut(after, "</script>")
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestPage looks at the page of a scenario whose texts try to break out of it.
func TestPage(t *testing.T) {
	r := record(t, "testdata/hostile.yaml")
	page, path := write(t, r)
	if again, _ := write(t, r); again != page {
		t.Error("the same recording gives another page")
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}

	// Its scripts are those that it came with and its data, in that order, and the policy names each by what it holds.
	elements := regexp.MustCompile(`<script[^>]*>`).FindAllString(page, -1)
	want := []string{`<script type="application/gzip" id="report">`, `<script type="application/gzip" id="lines">`, "<script>", "<script>"}
	if fmt.Sprint(elements) != fmt.Sprint(want) {
		t.Errorf("the page has the scripts %q, want %q", elements, want)
	}
	if n := strings.Count(page, "</script>"); n != len(want) {
		t.Errorf("%d scripts end, want %d", n, len(want))
	}
	if strings.Contains(page, "<img") || strings.Contains(page, `"javascript:`) {
		t.Error("a text of the scenario is markup")
	}
	policy := html.UnescapeString(regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)[1])
	for _, part := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy lacks %s: %s", part, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Count(policy, "'sha256-") != 4 {
		t.Errorf("the policy allows something else than two scripts and two styles: %s", policy)
	}

	// All events are there, in words and as they were recorded but for the bytes of packets.
	var data report
	if err := json.Unmarshal(unpacked(t, page, "report"), &data); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(unpacked(t, page, "lines")), "\n"), "\n")
	if len(data.Events.Time) != r.Len() || len(data.Events.Text) != r.Len() || len(data.Events.Tones) != r.Len() || len(lines) != r.Len() {
		t.Errorf("the page has %d events and %d lines, the recording %d", len(data.Events.Time), len(lines), r.Len())
	}
	sent := 0
	for i, line := range lines {
		var e recorder.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		if e.Kind == recorder.KindPacketSent {
			sent++
			value, err := e.Value()
			if err != nil {
				t.Fatal(err)
			}
			if p := value.(recorder.PacketSent); p.Payload != nil || p.Size == 0 {
				t.Errorf("line %d has a payload: %s", i+1, line)
			}
			continue
		}
		if raw, err := r.Raw(i + 1); err != nil || string(raw) != line {
			t.Errorf("line %d is %s, want %s", i+1, line, raw)
		}
	}
	if len(data.Packets.Sent) != sent || sent == 0 {
		t.Errorf("the page has %d packets, the recording %d", len(data.Packets.Sent), sent)
	}
}

// TestWithoutPayload tests that only the payload of a packet goes.
func TestWithoutPayload(t *testing.T) {
	tests := []struct {
		kind     recorder.Kind
		in, want string
	}{
		{recorder.KindPacketSent, `{"data":{"size":3,"payload":"AAEC","layers":[]}}`, `{"data":{"size":3,"layers":[]}}`},
		{recorder.KindPacketSent, `{"data":{"size":3,"payload":"AAEC"}}`, `{"data":{"size":3}}`},
		{recorder.KindPacketSent, `{"data":{"size":0}}`, `{"data":{"size":0}}`},
		{recorder.KindPacketSent, `{"peer":",\"payload\":\"","data":{"size":3,"payload":"AAEC"}}`, `{"peer":",\"payload\":\"","data":{"size":3}}`},
		{recorder.KindCall, `{"data":{"args":{"a":1,"payload":"AAEC"}}}`, `{"data":{"args":{"a":1,"payload":"AAEC"}}}`},
	}
	for _, test := range tests {
		if got := string(withoutPayload(test.kind, []byte(test.in))); got != test.want {
			t.Errorf("%s: got %s, want %s", test.in, got, test.want)
		}
	}
}

// TestProse tests what becomes of descriptions.
func TestProse(t *testing.T) {
	const rel = ` target="_blank" rel="noopener noreferrer"`
	tests := []struct{ in, want string }{
		{"one\ntwo\n\nthree", "<p>one two</p>\n<p>three</p>\n"},
		{"see:\n- a\n  b\n- c", "<p>see:</p>\n<ul>\n<li>a b</li>\n<li>c</li>\n</ul>\n"},
		{"`a<b`, *very* and **most**", "<p><code>a&lt;b</code>, <em>very</em> and <strong>most</strong></p>\n"},
		{"2 * 3 * 4", "<p>2 * 3 * 4</p>\n"},
		{"https://example.org/a#b.", `<p><a href="https://example.org/a#b"` + rel + `>https://example.org/a#b</a>.</p>` + "\n"},
		{`[words](https://example.org/"x)`, `<p><a href="https://example.org/&#34;x"` + rel + `>words</a></p>` + "\n"},
		{"[words](javascript:alert(1))", "<p>[words](javascript:alert(1))</p>\n"},
		{`<script>"&`, "<p>&lt;script&gt;&#34;&amp;</p>\n"},
		{"", ""},
	}
	for _, test := range tests {
		if got := string(prose(test.in)); got != test.want {
			t.Errorf("%q: got %s, want %s", test.in, got, test.want)
		}
	}
}

// TestCharts tests the bins of what is measured.
func TestCharts(t *testing.T) {
	c := newCharts(2 * time.Second)
	if c.width != 100*time.Millisecond {
		t.Fatalf("bins are %v wide, want 100ms", c.width)
	}
	n := 0
	send := func(at time.Duration, size int, end recorder.Kind, took time.Duration) {
		n++
		sent := n
		c.read(sent, 0, recorder.Event{Time: at, Peer: "alice", Kind: recorder.KindPacketSent}, recorder.PacketSent{ID: uint64(sent), Size: size, Protocol: "srtp"})
		n++
		peer, hop := "bob", recorder.Hop{At: "home/up", Time: at, Wait: 3 * time.Millisecond}
		if end == recorder.KindPacketDropped {
			peer = "home/up"
		}
		c.read(n, sent, recorder.Event{Time: at + took, Peer: peer, Kind: end}, recorder.PacketEnd{ID: uint64(sent), From: "alice", Path: []recorder.Hop{hop}})
	}
	send(0, 1000, recorder.KindPacketDelivered, 50*time.Millisecond)
	send(10*time.Millisecond, 250, recorder.KindPacketDropped, 0)
	send(1999*time.Millisecond, 125, recorder.KindPacketDelivered, 0)

	values := func(group, name, series string) string {
		for _, g := range c.groups([]string{"alice", "bob"}) {
			for _, x := range g.Charts {
				if g.Name != group || x.Name != name {
					continue
				}
				for _, s := range x.Series {
					if s.Name != series {
						continue
					}
					var list []string
					for _, v := range s.Values {
						if v == nil {
							list = append(list, "-")
						} else {
							list = append(list, fmt.Sprint(*v))
						}
					}
					return strings.Join(list, " ")
				}
			}
		}
		return ""
	}
	repeat := func(text string) string { return strings.TrimSpace(strings.Repeat(text+" ", 18)) }
	tests := []struct{ group, name, series, want string }{
		{"alice", "bitrate on the wire", "sent", "100000 " + repeat("0") + " 10000"},
		{"bob", "bitrate on the wire", "received", "80000 " + repeat("0") + " 10000"},
		{"alice", "lost of what it sent", "lost", "50 " + repeat("-") + " 0"},
		{"link home", "bitrate", "up", "100000 " + repeat("0") + " 10000"},
		{"link home", "time in the queue", "up", "3 " + repeat("-") + " 3"},
		{"link home", "drops", "up", "10 " + repeat("0") + " 0"},
	}
	for _, test := range tests {
		if got := values(test.group, test.name, test.series); got != test.want {
			t.Errorf("%s %s %s: got %s, want %s", test.group, test.name, test.series, got, test.want)
		}
	}
}
