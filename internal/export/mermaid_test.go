package export

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMermaidText(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"offer", "offer"},
		{`chat.send("hi")`, `chat.send("hi")`},
		{"a;b#c", "a#59;b#35;c"},
		{"#9829;", "#35;9829#59;"},
		{"<b>", "#60;b#62;"},
		{"&amp; & &#35;", "#38;amp#59; & #38;#35;35#59;"},
		{"100% %% %%{init: {}}%%", "100% #37;#37; #37;#37;{init: {}}#37;#37;"},
		{"5$ $$x$$", "5$ #36;#36;x#36;#36;"},
		{"one\ntwo\r\t\x7f", "one<br/>two␍␉␡"},
		{strings.Repeat("é", 121), strings.Repeat("é", 120) + "…"},
	} {
		if got := mermaidText(test.text); got != test.want {
			t.Errorf("%q is %q, want %q", test.text, got, test.want)
		}
	}
}

// scenesOf returns a scene for each letter: small ones are packets, others are calls.
func scenesOf(letters string) []scene {
	var all []scene
	for i, letter := range letters {
		at := time.Duration(i) * time.Second
		s := scene{form: callForm, from: "alice", text: string(letter), time: at, until: at, count: 1}
		if letter >= 'a' {
			s.form, s.to = arrowForm, "bob"
		}
		all = append(all, s)
	}
	return all
}

// lettersOf shows passages: what is in a passage that comes several times is in brackets, with its times.
func lettersOf(passages []passage) string {
	var b strings.Builder
	for _, p := range passages {
		if p.times > 1 {
			b.WriteString("(")
		}
		for _, s := range p.scenes {
			b.WriteString(s.text)
			if s.count > 1 {
				b.WriteString(string(rune('0' + s.count)))
			}
		}
		if p.times > 1 {
			b.WriteString(")" + string(rune('0'+p.times)))
		}
	}
	return b.String()
}

func TestFold(t *testing.T) {
	for _, test := range []struct{ scenes, want string }{
		{"", ""},
		{"ABC", "ABC"},
		{"AAABB", "A3B2"},
		{"ABABC", "ABABC"},            // twice is no loop
		{"XABABABC", "X(A3B3)3C"},     // each counts how often it was
		{"ABCABCABCABC", "(A4B4C4)4"}, // the longest wins
		{"ABABABABCD", "(A4B4)4CD"},
		{"XababcabdY", "XababcabdY"}, // a few packets stay where they are
		{"Xabcdefghabcdfeghabcd" + "Y", "Xa3b3c3d3e2f2g2h2Y"}, // of many, like ones go together
	} {
		if got := lettersOf(fold(scenesOf(test.scenes))); got != test.want {
			t.Errorf("%s is folded to %s, want %s", test.scenes, got, test.want)
		}
	}
}

// TestFoldBalanced checks that a call that begins in a loop returns in it: Mermaid refuses to end what has not begun.
func TestFoldBalanced(t *testing.T) {
	scenes := scenesOf("ABABAB")
	scenes[0].begins = true
	for _, i := range []int{2, 4} {
		scenes[i].begins = true
	}
	if got := lettersOf(fold(scenes)); got != "ABABAB" {
		t.Errorf("calls that do not return are folded to %s", got)
	}
	for _, i := range []int{1, 3, 5} {
		scenes[i].returns = true
	}
	if got := lettersOf(fold(scenes)); got != "(A3B3)3" {
		t.Errorf("calls that return are folded to %s", got)
	}
}

func TestWrapped(t *testing.T) {
	got := wrapped("a line that is short\n" + strings.Repeat("word ", 15) + "\n" + strings.Repeat("x", 70))
	want := []string{
		"a line that is short",
		"word word word word word word word word word word word word word",
		"word word",
		strings.Repeat("x", 70),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
