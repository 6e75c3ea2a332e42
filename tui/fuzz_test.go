package tui

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/rtcsim/rtcsim/recorder"
)

// TestRandomKeys presses 100,000 random keys on recordings of all sorts, with
// the mouse, and with 200 changes of the terminal's size while it plays. The
// picture must always fit.
func TestRandomKeys(t *testing.T) {
	_, ordinary := callOf(t, 2, 3000)
	recordings := []struct {
		name string
		r    *recorder.Recording
	}{
		{"two peers", loadBytes(t, ordinary)},
		{"one peer", func() *recorder.Recording { r, _ := callOf(t, 1, 500); return r }()},
		{"twelve peers", func() *recorder.Recording { r, _ := callOf(t, 12, 2000); return r }()},
		{"empty", loadBytes(t, emptyRecording(t))},
		{"damaged", loadBytes(t, damagedRecording(t, ordinary))},
		{"cut off", loadBytes(t, ordinary[:len(ordinary)*2/3])},
		{"states", session(t)},
	}
	keys := 100_000
	if testing.Short() {
		keys /= 10
	}
	for i, recording := range recordings {
		t.Run(recording.name, func(t *testing.T) {
			t.Parallel()
			m := New(recording.r, Options{Name: recording.name, Path: filepath.Join(t.TempDir(), "x.rtcrec"), ASCII: i%2 == 1, Renderer: colours(), Output: new(bytes.Buffer)})
			p := &player{t: t, m: m, ascii: i%2 == 1, random: rand.New(rand.NewPCG(1, uint64(i)))}
			p.press(keys / len(recordings))
		})
	}
}

// A player presses keys at random.
type player struct {
	t       *testing.T
	m       *Model
	random  *rand.Rand
	width   int
	height  int
	last    []string // the keys before
	slowest time.Duration
	slow    string
	ascii   bool
}

func (p *player) press(count int) {
	all := allKeys(p.m)
	p.resize(120, 40)
	for n := range count {
		switch {
		case n%(count/200+1) == 0:
			p.resize(1+p.random.IntN(200), 1+p.random.IntN(60))
		case p.random.IntN(20) == 0:
			p.send("mouse", tea.MouseMsg{X: p.random.IntN(p.width+2) - 1, Y: p.random.IntN(p.height + 1), Action: tea.MouseAction(p.random.IntN(3)), Button: tea.MouseButton(p.random.IntN(6))})
		case p.random.IntN(20) == 0:
			p.send("tick", tickMsg{p.m.play.session})
		default:
			name := all[p.random.IntN(len(all))]
			p.send(name, keyMsg(name))
		}
	}
	p.t.Logf("slowest: %v for %s at %dx%d", p.slowest, p.slow, p.width, p.height)
}

func (p *player) resize(width, height int) {
	p.width, p.height = width, height
	p.send("resize", tea.WindowSizeMsg{Width: width, Height: height})
}

// send has the program take a message, and what comes of it.
func (p *player) send(name string, msg tea.Msg) {
	p.last = append(p.last[max(0, len(p.last)-20):], name)
	defer func() {
		if r := recover(); r != nil {
			p.t.Fatalf("%dx%d, event %d, after %q: %v", p.width, p.height, p.m.cursor, p.last, r)
		}
	}()
	begin := time.Now()
	_, cmd := p.m.Update(msg)
	view := p.m.View()
	if took := time.Since(begin); took > p.slowest {
		p.slowest, p.slow = took, name
	}
	p.check(view)
	if m := p.m; m.reasons.running && p.random.IntN(20) == 0 {
		for m.reasons.running { // what the command that is under way would bring
			msg := answerMoment(m.recording, m.reasons.asked)().(whyMsg)
			if m.reasons.take(msg) != nil {
				m.reasons.take(answerSession(m.recording, m.reasons.asked)().(whyMsg))
			}
		}
	}
	if m := p.m; m.exporter.writing { // nothing is written
		cmd = nil
		m.exports.Done()
		m.Update(exportedMsg{"x.jsonl", 7, []error{nil, fs.ErrExist, errors.New("no\nroom")}[p.random.IntN(3)]})
	}
	for range 3 {
		if cmd == nil {
			break
		}
		_, cmd = p.m.Update(p.result(cmd))
	}
	if p.m.quit {
		p.m.quit = false
	}
}

// result is what a command has to say, unless it waits for it.
func (p *player) result(cmd tea.Cmd) tea.Msg {
	done := make(chan tea.Msg, 1)
	if p.m.play.on || p.m.asking { // it may be a tick or a blink
		return nil
	}
	done <- cmd()
	return <-done
}

// check checks that a picture fits.
func (p *player) check(view string) {
	if view == "" && p.m.quit {
		return
	}
	if strings.Contains(view, "this is a fault of rtcsim") {
		p.t.Fatalf("%dx%d, after %q: a panic in the background:\n%s", p.width, p.height, p.last, view)
	}
	p.fits(view)
}

// fits checks that a picture is not larger than the terminal, and has nothing in it that would move its cursor.
func (p *player) fits(view string) {
	p.t.Helper()
	lines := strings.Split(view, "\n")
	if len(lines) > p.height {
		p.t.Fatalf("%dx%d, after %q: %d lines", p.width, p.height, p.last, len(lines))
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w > p.width {
			p.t.Fatalf("%dx%d, after %q: line %d is %d wide: %q", p.width, p.height, p.last, i, w, line)
		}
		for _, r := range ansi.Strip(line) {
			if r < ' ' || r == 0x7f {
				p.t.Fatalf("%dx%d, after %q: line %d has the control character %q: %q", p.width, p.height, p.last, i, r, line)
			}
			if p.ascii && r > 0x7e && !strings.ContainsRune("失敗ü世", r) { // which are in what was recorded, and typed
				p.t.Fatalf("%dx%d, after %q: line %d has %q, which is not ASCII: %q", p.width, p.height, p.last, i, r, line)
			}
		}
	}
}

// allKeys are all keys that mean something anywhere, and some that do not.
func allKeys(m *Model) []string {
	var names []string
	for _, g := range m.groups() {
		for _, b := range g.keys {
			names = append(names, b.Keys()...)
		}
	}
	return append(names, "enter", "backspace", "a", "b", "1", "2", "9", ".", "ctrl+c", "世", "f12")
}

// keyMsg is the message of a key by its name.
func keyMsg(name string) tea.KeyMsg {
	for t := tea.KeyType(-200); t < 200; t++ {
		if t != tea.KeyRunes && (tea.Key{Type: t}).String() == name {
			return tea.KeyMsg{Type: t}
		}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

// colours draws with 256 colours, wherever the test runs.
func colours() *lipgloss.Renderer {
	r := lipgloss.NewRenderer(new(bytes.Buffer))
	r.SetColorProfile(termenv.ANSI256)
	r.SetHasDarkBackground(true)
	return r
}

func emptyRecording(t *testing.T) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := recorder.NewWriter(&file, callHeader())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(recorder.End{Outcome: recorder.OutcomePassed}); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// damagedRecording spoils every hundredth line of a recording, in one way or another.
func damagedRecording(t *testing.T, file []byte) []byte {
	t.Helper()
	lines := strings.Split(decompress(t, file), "\n")
	for i := 50; i < len(lines); i += 100 {
		switch i / 100 % 4 {
		case 0:
			lines[i] = lines[i][:len(lines[i])/2]
		case 1:
			lines[i] = strings.Replace(lines[i], `"data":{`, `"data":{"path":7,`, 1)
		case 2:
			lines[i] = strings.Replace(lines[i], `"kind":"`, `"kind":"new-`, 1)
		case 3:
			lines[i] = strings.Replace(lines[i], `"protocol":"srtp"`, `"protocol":"\u001b[2J\n"`, 1)
		}
	}
	return compress(t, strings.Join(lines, "\n"))
}

// bindings are all keys of a key map.
func bindings(k any) map[string]key.Binding {
	all := make(map[string]key.Binding)
	v := reflect.ValueOf(k)
	for i := range v.NumField() {
		all[v.Type().Field(i).Name] = v.Field(i).Interface().(key.Binding)
	}
	return all
}
