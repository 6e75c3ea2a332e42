package tui

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	"golang.org/x/term"

	"github.com/rtcsim/rtcsim/recorder"
)

// inspectTest names the variable that makes this binary the inspector: a program
// of its own, in a terminal of its own.
const inspectTest = "RTCSIM_INSPECT_TEST"

// A screening is what such a program shows.
type screening struct {
	Path  string
	Other string // with which it is compared
	Live  bool   // the recording goes on, and on
	Panic bool   // a view panics as soon as key ! is pressed
	// Options has no Renderer and no Output.
	Options Options
}

func TestMain(m *testing.M) {
	var s screening
	if text := os.Getenv(inspectTest); text != "" {
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			panic(err)
		}
		if err := s.run(); err != nil {
			fmt.Println(err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	status := m.Run()
	if million != "" {
		os.RemoveAll(filepath.Dir(million))
	}
	os.Exit(status)
}

func (s *screening) run() error {
	r, err := recorder.Load(s.Path)
	if err != nil {
		return err
	}
	defer r.Close()
	if s.Other != "" {
		other, err := recorder.Load(s.Other)
		if err != nil {
			return err
		}
		defer other.Close()
		return Compare(r, other, s.Options, Options{Name: "other"})
	}
	if s.Live {
		live, err := recorder.NewLive(r.Header())
		if err != nil {
			return err
		}
		go func(r *recorder.Recording) {
			for n := range r.Forward(1) {
				line, err := r.Raw(n)
				if err != nil || live.Append(line) != nil {
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		}(r)
		r = live.Recording
	}
	if !s.Panic {
		return Run(r, s.Options)
	}
	m := New(r, s.Options)
	m.panes = append(m.panes, new(bomb))
	return run(m, m.mouse)
}

// A bomb is a pane that panics.
type bomb struct{ lit bool }

func (b *bomb) title() string       { return "Bomb" }
func (b *bomb) look(moment)         {}
func (b *bomb) keys() []key.Binding { return nil }
func (b *bomb) view(width, height int) string {
	if b.lit {
		panic("the bomb in the view")
	}
	return ""
}
func (b *bomb) update(msg tea.KeyMsg) (bool, tea.Cmd) {
	b.lit = msg.String() == "!"
	return b.lit, nil
}

// A terminal is an emulated one in which the inspector runs.
type terminal struct {
	t       *testing.T
	file    *os.File // the side of the emulator
	other   *os.File // the side of the program
	command *exec.Cmd
	before  *term.State
	kept    string // what bookmarks are kept beside

	mu      sync.Mutex
	screen  vt10x.Terminal
	written bytes.Buffer // all that the program has written
	changed chan struct{}
	exited  chan struct{}
	err     error
}

// start starts the program.
func start(t *testing.T, s screening, width, height int) *terminal {
	t.Helper()
	description, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	file, other, err := pty.Open()
	if err != nil {
		t.Skip("SKIPPED: there are no pseudo-terminals: ", err)
	}
	if err := pty.Setsize(file, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		t.Fatal(err)
	}
	before, err := term.GetState(int(other.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	d := &terminal{t: t, file: file, other: other, before: before, changed: make(chan struct{}, 1), exited: make(chan struct{}),
		screen: vt10x.New(vt10x.WithSize(width, height), vt10x.WithWriter(file))} // it answers questions
	d.command = exec.Command(os.Args[0])
	d.command.Stdin, d.command.Stdout, d.command.Stderr = other, other, other
	d.command.Env = append(os.Environ(), inspectTest+"="+string(description), "TERM=xterm-256color", "COLORTERM=", "NO_COLOR=",
		"XDG_CACHE_HOME="+t.TempDir())
	d.command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := d.command.Start(); err != nil {
		t.Fatal(err)
	}
	go d.read()
	go func() {
		d.err = d.command.Wait()
		close(d.exited)
		d.note()
	}()
	t.Cleanup(func() {
		d.command.Process.Kill()
		<-d.exited
		other.Close()
		file.Close()
	})
	return d
}

// read has the emulator read what the program writes.
func (d *terminal) read() {
	b := make([]byte, 1<<16)
	var rest []byte // a character that is not complete yet
	for {
		n, err := d.file.Read(b)
		if err != nil {
			return
		}
		d.mu.Lock()
		d.written.Write(b[:n])
		rest = append(rest, b[:n]...)
		whole := len(rest)
		for i := 1; i <= min(whole, utf8.UTFMax); i++ {
			if c := rest[len(rest)-i]; utf8.RuneStart(c) {
				if !utf8.FullRune(rest[len(rest)-i:]) {
					whole -= i
				}
				break
			}
		}
		d.screen.Write(rest[:whole])
		rest = append(rest[:0], rest[whole:]...)
		d.mu.Unlock()
		d.note()
	}
}

// note notes that something has changed.
func (d *terminal) note() {
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// text is what is on the screen.
func (d *terminal) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.screen.String()
}

func (d *terminal) has(text string) func() bool {
	return func() bool { return strings.Contains(d.text(), text) }
}

func (d *terminal) lacks(text string) func() bool {
	return func() bool { return !strings.Contains(d.text(), text) }
}

// focused asks whether a pane, or the lanes, has the focus: its line is heavy.
func (d *terminal) focused(title string) func() bool { return d.has("━━ " + title + " ━") }

// await waits until something is so.
func (d *terminal) await(what string, so func() bool) {
	d.t.Helper()
	timeout := time.After(20 * time.Second)
	for !so() {
		select {
		case <-d.changed:
		case <-timeout:
			d.t.Fatalf("not so: %s\n%s", what, d.text())
		}
	}
}

// press presses keys by their names.
func (d *terminal) press(names ...string) {
	d.t.Helper()
	for _, name := range names {
		text, named := escapes[name]
		if control, ok := strings.CutPrefix(name, "ctrl+"); ok && !named {
			text = string(control[0] & 0x1f)
		} else if !named {
			text = name
		}
		if _, err := d.file.WriteString(text); err != nil {
			d.t.Fatal(err)
		}
	}
}

// escapes are what a terminal sends for keys.
var escapes = map[string]string{
	"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F", "pgup": "\x1b[5~", "pgdown": "\x1b[6~",
	"tab": "\t", "shift+tab": "\x1b[Z", "enter": "\r", "esc": "\x1b", "backspace": "\x7f",
}

// atEvent waits until the cursor is there.
func (d *terminal) atEvent(n int) func() bool {
	return func() bool { return d.event() == n }
}

// event is where the status line says that the cursor is.
func (d *terminal) event() (n int) {
	lines := strings.Split(strings.TrimRight(d.text(), "\n"), "\n")
	for _, line := range lines {
		if _, rest, found := strings.Cut(line, " s  event "); found {
			fmt.Sscan(rest, &n)
		}
	}
	return n
}

// goTo puts the cursor on an event.
func (d *terminal) goTo(n int) {
	d.t.Helper()
	d.await("all of it is there", func() bool { return d.has("event ")() && d.lacks("loading")() && d.lacks("running")() })
	if d.event() != n {
		d.press(fmt.Sprintf(":#%d", n), "enter")
	}
	d.await(fmt.Sprintf("the cursor is at event %d", n), d.atEvent(n))
}

// leave presses a key that ends the program, and checks the terminal.
func (d *terminal) leave(name string) {
	d.t.Helper()
	d.press(name)
	d.await("the program has ended", func() bool {
		select {
		case <-d.exited:
			return true
		default:
			return false
		}
	})
	if d.err != nil {
		d.t.Errorf("the program ended with %v", d.err)
	}
	d.restored()
}

// restored checks that the terminal is as it was.
func (d *terminal) restored() {
	d.t.Helper()
	d.await("the alternate screen, the mouse and the hidden cursor are left", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.screen.Mode()&(vt10x.ModeAltScreen|vt10x.ModeMouseMask|vt10x.ModeMouseSgr|vt10x.ModeHide) == 0 && d.screen.CursorVisible()
	})
	after, err := term.GetState(int(d.other.Fd()))
	if err != nil {
		d.t.Fatal(err)
	}
	if *after != *d.before {
		d.t.Errorf("the terminal is in the state\n%+v, it was in\n%+v", *after, *d.before)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if on, off := bytes.LastIndex(d.written.Bytes(), []byte("\x1b[?2004h")), bytes.LastIndex(d.written.Bytes(), []byte("\x1b[?2004l")); off < on {
		d.t.Error("bracketed paste is still on")
	}
}

// callFile writes a call to a file, and returns it loaded as well.
func callFile(t *testing.T, peers, events int) (string, *recorder.Recording) {
	t.Helper()
	r, file := callOf(t, peers, events)
	path := filepath.Join(t.TempDir(), "call.rtcrec")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	return path, r
}

// nearest returns the nearest event from n in a direction of which test is true.
func nearest(t *testing.T, r *recorder.Recording, n, by int, test func(n int, e recorder.Entry) bool) int {
	t.Helper()
	for n += by; n >= 1 && n <= r.Len(); n += by {
		if test(n, r.Entry(n)) {
			return n
		}
	}
	t.Fatal("there is none")
	return 0
}

// TestKeys presses every key of the key map in the program, and sees that it does
// what the help says.
func TestKeys(t *testing.T) {
	path, r := callFile(t, 2, 6000)
	many, manyPeers := callFile(t, 12, 2000)
	const width, height = 100, 30
	rows := allRows(&scope{zoom: zoomSession}, r)
	// From the middle on, there is everything before and after it. It is a call
	// with a cause and an effect.
	middle := nearest(t, r, r.Len()/2, 1, func(n int, e recorder.Entry) bool {
		return e.Kind == recorder.KindCall && r.Cause(n) > 0 && len(r.Effects(n)) > 0
	})
	row := slices.IndexFunc(rows, func(x row) bool { return x.first == middle })
	half := arrange(width, height, 2, 0, 0, false).lanes.h / 2
	if row < half || row+half >= len(rows) {
		t.Fatal("the middle is too near to an end")
	}
	kind := func(kinds func(recorder.Kind) bool) func(int, recorder.Entry) bool {
		return func(_ int, e recorder.Entry) bool { return kinds(e.Kind) }
	}
	problem := func(n int, e recorder.Entry) bool {
		event, err := r.Event(n)
		if err != nil {
			t.Fatal(err)
		}
		return problems.MatchEvent(event)
	}
	leads := func(n int) func(*terminal, func()) {
		return func(d *terminal, press func()) {
			press()
			d.await(fmt.Sprintf("the cursor goes from event %d to %d", middle, n), d.atEvent(n))
		}
	}
	next, previous := nearest(t, r, middle, 1, kind(isStep)), nearest(t, r, middle, -1, kind(isStep))
	find := func(d *terminal) {
		d.press("/", "kind:step", "enter")
		d.await("the next step is found", d.atEvent(next))
		d.await("steps are found", d.has("/kind:step: "))
	}
	tests := map[string]func(d *terminal, press func()){
		"Down":            leads(rows[row+1].first),
		"Up":              leads(rows[row-1].first),
		"PageDown":        leads(rows[row+half].first),
		"PageUp":          leads(rows[row-half].first),
		"First":           leads(1),
		"Last":            leads(r.Len()),
		"NextChange":      leads(nearest(t, r, middle, 1, kind(isTransition))),
		"PreviousChange":  leads(nearest(t, r, middle, -1, kind(isTransition))),
		"NextStep":        leads(next),
		"PrevStep":        leads(previous),
		"NextProblem":     leads(nearest(t, r, middle, 1, problem)),
		"PreviousProblem": leads(nearest(t, r, middle, -1, problem)),
		"Cause":           leads(r.Cause(middle)),
		"Effect":          leads(r.Effects(middle)[0]),
		"Back": func(d *terminal, press func()) {
			d.goTo(next)
			press()
			d.await("it is back", d.atEvent(middle))
		},
		"Forward": func(d *terminal, press func()) {
			d.goTo(next)
			d.press("ctrl+o")
			d.await("it is back", d.atEvent(middle))
			press()
			d.await("it is forward again", d.atEvent(next))
		},
		"ZoomIn":  func(d *terminal, press func()) { press(); d.await("packets are shown", d.has("Session (packets)")) },
		"ZoomOut": func(d *terminal, press func()) { press(); d.await("the outline is shown", d.has("Session (outline)")) },
		"Play": func(d *terminal, press func()) {
			press()
			d.await("it plays", func() bool { return d.event() > middle })
			d.await("it says so", d.has("▶ 1x"))
			press()
			d.await("it pauses", d.has("‖ 1x"))
		},
		"Reverse": func(d *terminal, press func()) {
			press()
			d.press(" ")
			d.await("it plays backwards", func() bool { return d.event() < middle })
		},
		"Faster": func(d *terminal, press func()) { press(); d.await("it is faster", d.has("‖ 2x")) },
		"Slower": func(d *terminal, press func()) { press(); d.await("it is slower", d.has("‖ 0.5x")) },
		"Filter": func(d *terminal, press func()) {
			press()
			d.press("kind:st")
			d.await("it is explained", d.has("/kind:st"))
			d.press("ep", "enter")
			d.await("the next step is found", d.atEvent(next))
		},
		"Next": func(d *terminal, press func()) {
			find(d)
			d.press("ctrl+o")
			d.await("it is back", d.atEvent(middle))
			press()
			d.await("the next step", d.atEvent(next))
		},
		"Previous": func(d *terminal, press func()) { find(d); press(); d.await("the step before", d.atEvent(previous)) },
		"Only": func(d *terminal, press func()) {
			find(d)
			d.await("something else is there as well", d.has("send("))
			press()
			d.await("there are only steps", func() bool { return d.has("── wait 3s")() && d.lacks("send(")() })
			press()
			d.await("all is there again", d.has("send("))
		},
		"Escape": func(d *terminal, press func()) {
			find(d)
			press()
			d.await("it is forgotten", d.lacks("/kind:step"))
		},
		"Hide": func(d *terminal, press func()) {
			press()
			d.await("it says so", d.has("hidden: call"))
			d.await("no call is there", d.lacks("send("))
		},
		"HidePeer": func(d *terminal, press func()) {
			press()
			d.await("it says so", d.has("hidden: "+r.Entry(middle).Peer))
			d.await("the title says so", d.has("Session, 1 hidden"))
		},
		"Show": func(d *terminal, press func()) {
			d.press("x")
			d.await("it is hidden", d.lacks("send("))
			press()
			d.await("it is there again", d.has("send("))
			d.await("nothing is hidden", d.lacks("hidden"))
		},
		"Mark": func(d *terminal, press func()) {
			press()
			d.await("it asks", d.has("bookmark: press a letter"))
			d.press("q")
			d.await("it is there", d.has("▶q"))
			text, err := os.ReadFile(bookmarksOf(d.kept))
			if err != nil || string(text) != fmt.Sprintf(`{"q":%d}`+"\n", middle) {
				t.Errorf("the bookmarks are %s, %v", text, err)
			}
			press()
			d.press("q")
			d.await("it is gone", d.lacks("▶q"))
		},
		"GoToMark": func(d *terminal, press func()) {
			d.press("m", "z")
			d.await("it is there", d.has("▶z"))
			d.goTo(next)
			press()
			d.press("z")
			d.await("it is back", d.atEvent(middle))
			d.press("m", "z")
		},
		"Command": func(d *terminal, press func()) {
			press()
			d.press("zoom outline")
			d.await("it is written", d.has(":zoom outline"))
			d.press("enter")
			d.await("it is done", d.has("Session (outline)"))
		},
		"Copy": func(d *terminal, press func()) {
			press()
			d.await("it says so", d.has("is in the clipboard"))
			line, err := r.Raw(middle)
			if err != nil {
				t.Fatal(err)
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			if !bytes.Contains(d.written.Bytes(), []byte("\x1b]52;c;"+base64.StdEncoding.EncodeToString(line))) {
				t.Error("the terminal was not told")
			}
		},
		"NextPane":     func(d *terminal, press func()) { press(); d.await("the focus is on the states", d.focused("States")) },
		"PreviousPane": func(d *terminal, press func()) { press(); d.await("the focus is on the event", d.focused("Event")) },
		"Maximise": func(d *terminal, press func()) {
			d.await("the states are there", d.has("States"))
			press()
			d.await("only the lanes are there", d.lacks("States"))
			press()
			d.await("the states are there again", d.has("States"))
		},
		"Mouse": func(d *terminal, press func()) {
			mouse := func(on bool) func() bool {
				return func() bool {
					d.mu.Lock()
					defer d.mu.Unlock()
					return d.screen.Mode()&vt10x.ModeMouseMask != 0 == on
				}
			}
			d.await("there is a mouse", mouse(true))
			press()
			d.await("there is none", mouse(false))
			press()
			d.await("there is a mouse again", mouse(true))
		},
		"Help": func(d *terminal, press func()) {
			press()
			d.await("the keys are there", d.has("next row"))
			d.press("esc")
			d.await("they are gone", d.lacks("next row"))
		},
		"Why": func(d *terminal, press func()) {
			press()
			d.await("the reasons have the focus", d.focused("Why"))
			d.await("they are there", d.has("[1 #"+fmt.Sprint(middle)+"]"))
			press()
			d.await("the states are there again", d.has("── States ─"))
		},
		"Export": func(d *terminal, press func()) {
			press()
			d.await("it asks", d.has("< jsonl >"))
			file := strings.TrimSuffix(d.kept, ".rtcrec") + ".jsonl"
			d.press("enter")
			d.await("it says so", d.has("wrote "))
			text, err := os.ReadFile(file)
			if err != nil || bytes.Count(text, []byte("\n")) != r.Len()+2 {
				t.Errorf("%d lines were written of %d events: %v", bytes.Count(text, []byte("\n")), r.Len(), err)
			}
			press()
			d.press("enter")
			d.await("it asks before it overwrites", d.has("There is such a file"))
			d.press("esc")
			d.await("the question is gone", d.lacks("There is such a file"))
			d.press("esc")
			d.await("it is left", d.lacks("< jsonl >"))
		},
		"Suspend": func(d *terminal, press func()) {
			alternate := func(on bool) func() bool {
				return func() bool {
					d.mu.Lock()
					defer d.mu.Unlock()
					mode := d.screen.Mode()
					return mode&vt10x.ModeAltScreen != 0 == on && mode&vt10x.ModeMouseMask != 0 == on
				}
			}
			d.await("the screen is its own", alternate(true))
			press()
			d.await("the screen and the mouse are the shell's", alternate(false))
			// Nobody is there to stop what leads a session; the program waits all the same.
			// When it does so, cannot be seen.
			again := time.NewTicker(50 * time.Millisecond)
			defer again.Stop()
			stop := make(chan struct{})
			defer close(stop)
			go func() {
				for {
					select {
					case <-again.C:
						d.command.Process.Signal(syscall.SIGCONT)
					case <-stop:
						return
					}
				}
			}()
			d.await("the screen is its own again", alternate(true))
			d.await("it goes on where it was", d.atEvent(middle))
		},
		"Quit": nil, "Follow": nil, "Left": nil, "Right": nil,
	}
	for name, binding := range bindings(newKeyMap()) {
		if _, ok := tests[name]; !ok {
			t.Errorf("no test presses %s (%s)", name, binding.Help().Key)
		}
		for _, pressed := range binding.Keys() {
			test := tests[name]
			t.Run(name+" "+pressed, func(t *testing.T) {
				t.Parallel()
				switch name {
				case "Quit":
					d := start(t, screening{Path: path}, width, height)
					d.goTo(middle)
					d.leave(pressed)
				case "Follow":
					d := start(t, screening{Path: path, Live: true}, width, height)
					d.await("the run goes on", d.has("event 1 of "))
					d.press(pressed)
					d.await("it follows", d.has("following"))
					d.await("it goes on", func() bool { return d.event() > 20 })
					d.press(pressed)
					d.await("it follows no more", d.lacks("following"))
				case "Left", "Right":
					d := start(t, screening{Path: many}, width, height)
					d.goTo(manyPeers.Len() / 2)
					d.await("the lanes begin with peer1", d.has("time / s        peer1 "))
					if name == "Left" {
						d.press("l")
						d.await("the lanes begin with peer2", d.has("time / s      ◀ peer2 "))
						d.press(pressed)
						d.await("the lanes begin with peer1 again", d.has("time / s        peer1 "))
						return
					}
					d.press(pressed)
					d.await("the lanes begin with peer2", d.has("time / s      ◀ peer2 "))
				default:
					if test == nil {
						t.Fatal("nothing is tested")
					}
					kept := filepath.Join(t.TempDir(), "call.rtcrec") // its own: other tests keep bookmarks, too
					d := start(t, screening{Path: path, Options: Options{Path: kept}}, width, height)
					d.kept = kept
					d.goTo(middle)
					test(d, func() { d.press(pressed) })
				}
			})
		}
	}
}

// TestLeave checks that the terminal is as it was, however the program ends.
func TestLeave(t *testing.T) {
	path, _ := callFile(t, 2, 1000)
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			d := start(t, screening{Path: path}, 80, 24)
			d.goTo(7)
			if err := d.command.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			<-d.exited
			if d.err != nil {
				t.Error(d.err)
			}
			d.restored()
		})
	}
	t.Run("panic", func(t *testing.T) {
		t.Parallel()
		d := start(t, screening{Path: path, Panic: true}, 80, 24)
		d.goTo(7)
		d.press("shift+tab", "!")
		<-d.exited
		d.restored()
		d.await("it says why", func() bool {
			d.mu.Lock()
			defer d.mu.Unlock()
			return bytes.Contains(d.written.Bytes(), []byte("the bomb in the view"))
		})
		if d.command.ProcessState.Success() {
			t.Error("the program says that all is well")
		}
	})
}
