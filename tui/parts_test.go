package tui

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/recorder"
)

func TestDiff(t *testing.T) {
	tests := []struct{ name, before, after, want string }{
		{"the same", "a b c", "a b c", " a  b  c"},
		{"one more", "a c", "a b c", " a +b  c"},
		{"one less", "a b c", "a c", " a -b  c"},
		{"changed", "a x=1 c", "a x=2 c", " a ~x=2(x=1)  c"},
		{"changed, with others gone before it", "a b x=1 c", "a x=2 c", " a -b ~x=2(x=1)  c"},
		{"all new", "", "a b", "+a +b"},
		{"all gone", "a b", "", "-a -b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, l := range diff(strings.Fields(test.before), strings.Fields(test.after), func(s string) string {
				name, _, _ := strings.Cut(s, "=")
				return name
			}) {
				text := string(l.mark) + l.text
				if l.was != "" {
					text += "(" + l.was + ")"
				}
				got = append(got, text)
			}
			if got := strings.Join(got, " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestCandidateWords(t *testing.T) {
	tests := []struct{ attribute, want string }{
		{"candidate:1 1 udp 2130706431 192.168.0.1 5000 typ host", "an address of the host's own, 192.168.0.1:5000 over UDP; type preference 126, local preference 65535"},
		{"a=candidate:2 1 udp 1694498815 198.51.100.1 6000 typ srflx raddr 192.168.1.1 rport 6001", "the public address that a STUN server has seen, 198.51.100.1:6000 over UDP, seen from 192.168.1.1:6001; type preference 100, local preference 65535"},
		{"candidate:3 2 tcp 1 1.2.3.4 9 typ host tcptype active", "an address of the host's own, 1.2.3.4:9 over TCP, for RTCP, TCP active; type preference 0, local preference 0"},
		{"candidate:4 1 udp 2130706431 d5c9.local 5000 typ host", "an address of the host's own, hidden behind an mDNS name, d5c9.local:5000 over UDP; type preference 126, local preference 65535"},
		{"candidate:1 1 udp 2130706431", ""},
		{"nothing", ""},
		{"", ""},
	}
	for _, test := range tests {
		if got := candidateWords(test.attribute); got != test.want {
			t.Errorf("%q is\n%q, want\n%q", test.attribute, got, test.want)
		}
	}
}

// TestHistogram compares the bins with the values after they have become wider.
func TestHistogram(t *testing.T) {
	counts, highest := histogram{width: finestBin}, histogram{width: finestBin}
	total, most := 0.0, 0.0
	for i := range 100_000 {
		at := time.Duration(i) * 7 * time.Millisecond
		counts.add(at, 1, true)
		highest.add(at, float64(i%1000), false)
		total++
		most = max(most, float64(i%1000))
	}
	sum, high := 0.0, 0.0
	for i := range counts.bins {
		sum += counts.bins[i]
		high = max(high, highest.bins[i])
	}
	if sum != total || high != most {
		t.Errorf("the bins have %v in all and %v at most, want %v and %v", sum, high, total, most)
	}
	if len(counts.bins) > maxBins {
		t.Errorf("there are %d bins", len(counts.bins))
	}
	perBin := float64(counts.width) / float64(7*time.Millisecond)
	for i, v := range counts.bins[:len(counts.bins)-1] {
		if math.Abs(v-perBin) > 1 {
			t.Fatalf("bin %d has %v, want %v", i, v, perBin)
		}
	}
}

// TestStatisticsRate has 50 packets a second, whatever the width of a column.
func TestStatisticsRate(t *testing.T) {
	s := newStatistics(counted(t, 1).Recording)
	reach(t, s.follower, 1)
	key := seriesKey{"", "home/up", "packets"}
	for i := range 500 { // 10 s
		s.bin(key, "/s", time.Duration(i)*20*time.Millisecond, 1, true)
	}
	x := s.series[key]
	for _, columns := range []int{5, 13, 50, 97} {
		values, has := s.columns(x, 10*time.Second, 10*time.Second, columns)
		sum := 0.0
		for i := range values {
			if !has[i] {
				t.Errorf("column %d of %d is empty", i, columns)
			}
			sum += values[i] * 10 / float64(columns)
		}
		if math.Abs(sum-500) > 1 {
			t.Errorf("%d columns make %v packets, want 500", columns, sum)
		}
	}
	// What comes after the cursor is not seen.
	_, has := s.columns(x, 4*time.Second, 10*time.Second, 10)
	for i, h := range has {
		if h != (i <= 4) {
			t.Errorf("at 4 of 10 s, column %d of 10 is seen: %v", i, h)
		}
	}
}

func TestScaled(t *testing.T) {
	for _, test := range []struct {
		value float64
		unit  string
		want  string
	}{{0, "bit/s", "0 bit/s"}, {999, "bit/s", "999 bit/s"}, {31_400, "bit/s", "31.4 kbit/s"}, {2e6, "bit/s", "2 Mbit/s"}, {5e12, "bit/s", "5e+03 Gbit/s"}} {
		if got := scaled(test.value, test.unit); got != test.want {
			t.Errorf("%v %s is %q, want %q", test.value, test.unit, got, test.want)
		}
	}
}

func TestMarkdown(t *testing.T) {
	theme := plainTheme(true)
	got := theme.markdown("# Title\nSome *words* that\nare `wrapped` at **the** width.\n\n- an item [here](http://x.y)\n\n```\ncode  stays\n```\n\x1b[2J", 24)
	want := []string{"Title", "Some words that are", "wrapped at the width.", "", "* an item here", "  <http://x.y>", "", "  code  stays", "?[2J"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestHexRange(t *testing.T) {
	theme := plainTheme(true)
	data := []byte("0123456789abcdefghij")
	tests := []struct {
		from, to int
		want     string
	}{
		{0, 0, "0000  30 31 32 33 34 35 36 37  01234567\n0008  38 39 61 62 63 64 65 66  89abcdef\n0010  67 68 69 6a              ghij"},
		{0, 1, "0000 [30]31 32 33 34 35 36 37  01234567\n0008  38 39 61 62 63 64 65 66  89abcdef\n0010  67 68 69 6a              ghij"},
		{6, 10, "0000  30 31 32 33 34 35[36 37] 01234567\n0008 [38 39]61 62 63 64 65 66  89abcdef\n0010  67 68 69 6a              ghij"},
		{19, 99, "0000  30 31 32 33 34 35 36 37  01234567\n0008  38 39 61 62 63 64 65 66  89abcdef\n0010  67 68 69[6a]             ghij"},
	}
	for _, test := range tests {
		got := theme.hexView(extent{data: data, from: test.from, to: test.to}, 39, 3)
		if got != test.want {
			t.Errorf("%d to %d:\n%s\nwant\n%s", test.from, test.to, got, test.want)
		}
	}
	// The range is seen where there is no room for all.
	if got := theme.hexView(extent{data: data, from: 17, to: 18}, 39, 1); !strings.HasPrefix(got, "0010") {
		t.Errorf("byte 17 is not seen in %q", got)
	}
}

// TestReasons has words for every reason that the network gives.
func TestReasons(t *testing.T) {
	for _, reason := range []string{"loss", "loss in a burst", "dropped by rule 2", "too large", "queue full", "CoDel", "network down",
		"no NAT mapping", "NAT mapping expired", "filtered by the NAT", "no hairpinning", "NAT out of ports", "firewall rule 1",
		"firewall: udp block", "no route", "interface down", "host down", "nobody listens", "socket buffer full", "socket closed"} {
		if reasonWords(reason) == "" {
			t.Errorf("nothing is said about %q", reason)
		}
	}
}

// TestKindsHaveTabs shows an empty event of each kind in each tab.
func TestKindsHaveTabs(t *testing.T) {
	live, err := recorder.NewLive(recorder.Header{Text: "steps: []\n"})
	if err != nil {
		t.Fatal(err)
	}
	for i, kind := range recorder.Kinds {
		line := fmt.Sprintf(`{"seq":%d,"time":%d,"peer":"alice","kind":%q,"data":{}}`, i+1, i, kind.Kind)
		if err := live.Append([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	p := newEventPane(plainTheme(false))
	defer p.close()
	for n := 1; n <= live.Len(); n++ {
		p.look(momentAt(live.Recording, n))
		for i := range p.tabs {
			press(p, fmt.Sprint(i+1), "j", "enter")
			checkSize(t, settled(p, 80, 24), 80, 24, string(p.moment.event.Kind))
		}
	}
}
