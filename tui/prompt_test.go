package tui

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/rtcsim/rtcsim/internal/filter"
	"github.com/rtcsim/rtcsim/recorder"
)

// promptNames are those of a small recording.
func promptNames(t testing.TB) *filter.Names {
	t.Helper()
	live, err := recorder.NewLive(recorder.Header{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { live.Close() })
	log := recorder.NewLog(func() time.Duration { return 0 }, func(line []byte) {
		if err := live.Append(line); err != nil {
			t.Error(err)
		}
	})
	for _, peer := range []string{"alice", "bob", "bärbel"} {
		log.Add(peer, recorder.KindCall, 0, recorder.Call{Method: "createOffer"})
		sent := log.Add(peer, recorder.KindPacketSent, 0, recorder.PacketSent{ID: 1, Protocol: "stun", Types: []string{"binding-request"}, Size: 100})
		log.Add("home/up", recorder.KindPacketDropped, sent, recorder.PacketEnd{ID: 1, From: peer, Protocol: "stun", Reason: "queue full"})
	}
	live.Finish(recorder.End{})
	names := new(filter.Names)
	if err := names.Collect(t.Context(), live); err != nil {
		t.Fatal(err)
	}
	return names
}

func testPrompt(t testing.TB, profile termenv.Profile, asciiOnly bool) *prompt {
	t.Helper()
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(profile)
	r.SetHasDarkBackground(true)
	return newPrompt(newTheme(r, asciiOnly), promptNames(t))
}

// press presses keys: names in angle brackets, else what is typed.
func typed(p *prompt, keys string) promptState {
	named := map[string]tea.KeyType{
		"tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab, "enter": tea.KeyEnter, "esc": tea.KeyEsc, "up": tea.KeyUp, "down": tea.KeyDown,
		"left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd, "backspace": tea.KeyBackspace,
		"delete": tea.KeyDelete, "ctrl+u": tea.KeyCtrlU, "ctrl+w": tea.KeyCtrlW, "ctrl+k": tea.KeyCtrlK, "ctrl+c": tea.KeyCtrlC, "ctrl+v": tea.KeyCtrlV,
	}
	state := promptOpen
	for keys != "" && state == promptOpen {
		msg := tea.KeyMsg{Type: tea.KeyRunes}
		if name, rest, ok := strings.Cut(keys, ">"); ok && keys[0] == '<' && named[name[1:]] != 0 {
			msg.Type, keys = named[name[1:]], rest
		} else {
			r := []rune(keys)
			msg.Runes, keys = r[:1], string(r[1:])
			if r[0] == ' ' {
				msg.Type = tea.KeySpace
			}
		}
		state, _ = p.update(msg)
	}
	return state
}

func TestPromptKeys(t *testing.T) {
	for _, tt := range []struct {
		keys  string
		want  string // with | for the cursor
		state promptState
	}{
		{"peer:bob<enter>", "peer:bob|", promptAccepted},
		{"<enter>", "|", promptAccepted}, // everything
		{"peer:<enter>", "peer:|", promptOpen},
		{"<esc>", "|", promptLeft},
		{"lost<esc>", "lost|", promptLeft},
		{"lost<ctrl+c>", "lost|", promptLeft},
		{"<backspace>", "|", promptLeft},
		{"lo<backspace><backspace>", "|", promptOpen},

		// The only completion is taken, and the next tab goes on.
		{"lo<tab>", "lost|", promptOpen},
		{"pee<tab>", "peer:|", promptOpen},
		{"pee<tab><tab>", "peer:alice|", promptOpen},
		{"peer:b<tab>", "peer:bob|", promptOpen},
		{"peer:b<tab><tab>", "peer:bärbel|", promptOpen},
		{"peer:b<tab><tab><tab>", "peer:bob|", promptOpen},
		{"peer:b<shift+tab>", "peer:bärbel|", promptOpen},
		{"peer:b<tab> lost", "peer:bob lost|", promptOpen},
		{"peer:b<tab><esc>", "peer:b|", promptOpen},
		{"peer:b<tab><enter>", "peer:bob|", promptAccepted},
		{"pe<tab><tab><enter>", "peer:alice|", promptAccepted},
		{"pr<tab><enter>", "proto:|", promptOpen},
		{"reason:<tab>", `reason:"queue full"|`, promptOpen},
		{"lost<home>pee<tab>", "peer:|", promptOpen},
		{"bärbel loo<left><tab>", "bärbel lost|", promptOpen},
		{"xyzzy<tab><shift+tab>", "xyzzy|", promptOpen},

		// Editing.
		{"peer:bob lost<ctrl+w>", "peer:bob |", promptOpen},
		{"peer:bob<ctrl+u>lost", "lost|", promptOpen},
		{"lost<left><left><ctrl+k>", "lo|", promptOpen},
		{"lost<ctrl+v>", "lost|", promptOpen},

		// History.
		{"<up>", "two|", promptOpen},
		{"<up><up>", "one|", promptOpen},
		{"<up><up><up>", "one|", promptOpen},
		{"draft<up><up><down><down>", "draft|", promptOpen},
		{"draft<down>", "draft|", promptOpen},
		{"<up> or three<enter>", "two or three|", promptAccepted},
	} {
		p := testPrompt(t, termenv.Ascii, false)
		p.history = []string{"one", "two"}
		p.open("")
		state := typed(p, tt.keys)
		text, at := p.input.Value(), p.cursor()
		got := text[:at] + "|" + text[at:]
		if got != tt.want || state != tt.state {
			t.Errorf("%s: %s in state %d, want %s in state %d", tt.keys, got, state, tt.want, tt.state)
		}
		if state == promptAccepted && p.filter == nil {
			t.Errorf("%s: there is no filter", tt.keys)
		}
	}
}

func TestPromptHelp(t *testing.T) {
	seen := make(map[string]bool)
	for _, b := range testPrompt(t, termenv.Ascii, false).keyBindings() {
		if b.Help().Key == "" || b.Help().Desc == "" || seen[b.Help().Key] {
			t.Errorf("the key %v is not explained, or twice: %+v", b.Keys(), b.Help())
		}
		seen[b.Help().Key] = true
	}
}

func TestPromptHistory(t *testing.T) {
	p := testPrompt(t, termenv.Ascii, false)
	for _, text := range []string{"lost", "error", "", "  ", "lost", "remark"} {
		p.open(text)
		if state := typed(p, "<enter>"); state != promptAccepted {
			t.Fatalf("%q: state %d", text, state)
		}
	}
	if got, want := strings.Join(p.history, ","), "error,lost,remark"; got != want {
		t.Errorf("the history is %s, want %s", got, want)
	}
	for i := range 2 * maxHistory {
		p.open(fmt.Sprint("word", i))
		typed(p, "<enter>")
	}
	if len(p.history) != maxHistory || p.history[maxHistory-1] != fmt.Sprint("word", 2*maxHistory-1) {
		t.Errorf("the history has %d, the last %s", len(p.history), p.history[len(p.history)-1])
	}
}

func TestPromptView(t *testing.T) {
	var b strings.Builder
	show := func(what string, p *prompt, width, height int) {
		fmt.Fprintf(&b, "%s, %d×%d\n", what, width, height)
		for line := range strings.SplitSeq(p.view(width, height), "\n") {
			fmt.Fprintf(&b, "[%s]\n", strings.ReplaceAll(line, "\x1b", "␛"))
		}
		b.WriteByte('\n')
	}
	for _, keys := range []string{
		"", "pe", "peer:", "peer:b<tab>", "peer:bob kind:packet proto:stun lost", "peer:bobb", "lost pere:bob", "lost kind:pakcet -peer:bob", "(lost",
		"(lost<enter>", "time>", "kind:pack",
	} {
		p := testPrompt(t, termenv.Ascii, false)
		typed(p, keys)
		show("/"+keys, p, 80, p.lines())
	}
	for _, size := range [][2]int{{60, 3}, {60, 2}, {60, 1}, {30, 5}, {12, 4}} {
		p := testPrompt(t, termenv.Ascii, true)
		typed(p, "peer:alice,bob kind:packet 日本 reason:queue sizee:1 lost<left><left><left><left><left>")
		show("ASCII", p, size[0], size[1])
		typed(p, "<home>")
		show("ASCII, at the beginning", p, size[0], size[1])
	}
	for _, keys := range []string{"lost kind:pakcet", "(lost", "(lost<enter>", "peer:b<tab>"} {
		p := testPrompt(t, termenv.ANSI256, false)
		typed(p, keys)
		show("/"+keys+" in colours", p, 80, p.lines())
	}
	golden(t, "prompt", b.String())
}

// Whatever is typed, and however small the screen, a view has its size.
func TestPromptSizes(t *testing.T) {
	keys := []string{
		"<tab>", "<tab>", "<shift+tab>", "<left>", "<right>", "<home>", "<end>", "<backspace>", "<delete>", "<ctrl+w>", "<up>", "<down>", "<esc>", "<enter>",
		"peer:", "bob", " ", "(", ")", `"`, "-", "kind:", ",", "日本語", "e\u0301", "👩‍👩‍👧", "lost", "or ", "time>1s", "x", "\x1b", "\t",
	}
	random := rand.New(rand.NewPCG(1, 2))
	p := testPrompt(t, termenv.TrueColor, false)
	for i := range 3000 {
		if state := typed(p, keys[random.IntN(len(keys))]); state != promptOpen {
			p.open(p.input.Value())
		}
		if i%100 == 0 {
			p.open("")
		}
		width, height := 1+random.IntN(100), 1+random.IntN(12)
		if i%3 == 0 {
			width = 1 + random.IntN(8)
		}
		view := p.view(width, height)
		lines := strings.Split(view, "\n")
		if len(lines) != height {
			t.Fatalf("%q, %d×%d: there are %d lines", p.input.Value(), width, height, len(lines))
		}
		for _, line := range lines {
			if got := ansi.StringWidth(line); got != width {
				t.Fatalf("%q, %d×%d: a line is %d wide: %q", p.input.Value(), width, height, got, line)
			}
		}
	}
}

func BenchmarkPrompt(b *testing.B) {
	p := testPrompt(b, termenv.TrueColor, false)
	p.open("peer:bob kind:packet proto:stun lo")
	for b.Loop() {
		p.read()
		p.view(120, promptHeight)
	}
}
