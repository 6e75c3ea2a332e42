package tui

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/rtcsim/rtcsim/internal/comparison"
	"github.com/rtcsim/rtcsim/recorder"
)

// compares compares two recordings on a screen.
func compares(t testing.TB, a, b *recorder.Recording, width, height int, ascii bool) *Comparison {
	t.Helper()
	c := NewComparison(a, b, Options{Name: "one.rtcrec", Renderer: plainTheme(ascii).renderer, ASCII: ascii}, Options{Name: "two.rtcrec"})
	t.Cleanup(c.Close)
	c.Update(tea.WindowSizeMsg{Width: width, Height: height})
	answered(c, c.align())
	return c
}

// TestComparisonViews looks at a comparison in all sizes.
func TestComparisonViews(t *testing.T) {
	a, b := dispute(t, 0), dispute(t, 1)
	for _, test := range []struct {
		name          string
		width, height int
		ascii         bool
		keys          []string
	}{
		{"80x24", 80, 24, false, []string{"d"}},
		{"120x40", 120, 40, false, []string{"f", "f", "f"}},
		{"200x60", 200, 60, false, []string{"G", "D", "D"}},
		{"packets", 120, 40, false, []string{"+", "G", "D", "D", "D", "D", "D"}},
		{"only", 80, 24, false, []string{"o", "j", "j"}},
		{"ascii", 80, 24, true, []string{"d"}},
		{"small", 60, 20, false, []string{"d", "d"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := compares(t, a, b, test.width, test.height, test.ascii)
			presses(c, test.keys...)
			view := c.View()
			p := &player{t: t, width: test.width, height: test.height, ascii: test.ascii}
			p.fits(view)
			golden(t, "comparison-"+test.name, ansi.Strip(view))
		})
	}
}

// TestComparisonKeys presses every key of a comparison.
func TestComparisonKeys(t *testing.T) {
	a, b := dispute(t, 0), dispute(t, 1)
	status := func(c *Comparison) comparison.Row { return c.Rows()[c.at] }
	middle := func(c *Comparison) int { return c.lines[len(c.lines)/2].first }
	moves := func(by func(c *Comparison, at int) int) func(*testing.T, *Comparison, string) {
		return func(t *testing.T, c *Comparison, k string) {
			c.moveTo(middle(c))
			want := by(c, find(c.lines, c.at))
			presses(c, k)
			if got := find(c.lines, c.at); got != want {
				t.Errorf("it goes to line %d, not %d", got, want)
			}
		}
	}
	to := func(c *Comparison, from, by int, wanted func(couple) bool) int {
		for i := from + by; i >= 0 && i < len(c.lines); i += by {
			if wanted(c.lines[i]) {
				return i
			}
		}
		return from
	}
	differs := func(l couple) bool { return l.differs > 0 && !l.folded }
	tests := map[string]func(t *testing.T, c *Comparison, k string){
		"Down":     moves(func(c *Comparison, at int) int { return at + 1 }),
		"Up":       moves(func(c *Comparison, at int) int { return at - 1 }),
		"PageDown": moves(func(c *Comparison, at int) int { return min(at+c.room()/2, len(c.lines)-1) }),
		"PageUp":   moves(func(c *Comparison, at int) int { return max(at-c.room()/2, 0) }),
		"First":    moves(func(c *Comparison, at int) int { return 0 }),
		"Last":     moves(func(c *Comparison, at int) int { return len(c.lines) - 1 }),

		"NextDifference":     moves(func(c *Comparison, at int) int { return to(c, at, 1, differs) }),
		"PreviousDifference": moves(func(c *Comparison, at int) int { return to(c, at, -1, differs) }),
		"NextFinding": moves(func(c *Comparison, at int) int {
			return to(c, at, 1, func(l couple) bool { return c.finding(l.first) != nil })
		}),
		"PreviousFinding": moves(func(c *Comparison, at int) int {
			return to(c, at, -1, func(l couple) bool { return c.finding(l.first) != nil })
		}),
		"Only": func(t *testing.T, c *Comparison, k string) {
			presses(c, k)
			if len(c.lines) == 0 || slices.ContainsFunc(c.lines, func(l couple) bool { return l.differs == 0 }) {
				t.Error("there is something that does not differ")
			}
			presses(c, k)
			if !slices.ContainsFunc(c.lines, func(l couple) bool { return l.differs == 0 }) {
				t.Error("not all is there again")
			}
		},
		"ZoomIn": func(t *testing.T, c *Comparison, k string) {
			presses(c, k)
			has(t, c, "packets")
			if c.listed.zoom != zoomPackets || slices.ContainsFunc(c.lines, func(l couple) bool { return l.folded }) {
				t.Error("packets are folded")
			}
		},
		"ZoomOut": func(t *testing.T, c *Comparison, k string) {
			presses(c, k)
			has(t, c, "outline")
		},
		"Side": func(t *testing.T, c *Comparison, k string) {
			presses(c, k)
			has(t, c, "━━ B two.rtcrec")
			presses(c, k)
			has(t, c, "━━ A one.rtcrec")
		},
		"Inspect": func(t *testing.T, c *Comparison, k string) {
			c.moveTo(middle(c))
			n := status(c).A
			presses(c, k)
			if m := c.inspectors[0]; !c.inside || m.cursor != n {
				t.Fatalf("the inspector is not at event %d", n)
			}
			has(t, c, "A  one.rtcrec")
			presses(c, "G", "q")
			if c.inside || c.quit || status(c).A != a.Len() {
				t.Errorf("it leads back to row %d", c.at)
			}
			presses(c, "tab", k, "g", "esc", "esc")
			if c.inside || find(c.lines, c.at) != 0 {
				t.Errorf("it leads back to row %d", c.at)
			}
		},
		"Why": func(t *testing.T, c *Comparison, k string) {
			presses(c, "G", k)
			if m := c.inspectors[0]; !c.inside || m.panes[0] != pane(m.reasons) || len(m.reasons.answers) == 0 {
				t.Error("there are no reasons")
			}
		},
		"Export": func(t *testing.T, c *Comparison, k string) {
			presses(c, k)
			has(t, c, "━━ Export ━")
			presses(c, "esc", "q")
			has(t, c, "they differ")
		},
		"DetailsDown": func(t *testing.T, c *Comparison, k string) {
			presses(c, "d")
			before := c.View()
			presses(c, k)
			if c.View() == before {
				t.Error("nothing scrolls")
			}
		},
		"DetailsUp": func(t *testing.T, c *Comparison, k string) {
			presses(c, "d")
			before := c.View()
			presses(c, "J", k)
			if c.View() != before {
				t.Error("it does not scroll back")
			}
		},
		"Mouse": func(t *testing.T, c *Comparison, k string) {
			before := c.mouse
			presses(c, k)
			if c.mouse == before {
				t.Error("the mouse stays as it was")
			}
		},
		"Suspend": func(t *testing.T, c *Comparison, k string) {
			_, cmd := c.Update(keyMsg(k))
			if cmd == nil {
				t.Fatal("nothing comes of it")
			}
			if _, cmd = c.Update(tea.ResumeMsg{}); cmd == nil {
				t.Error("the mouse does not come back")
			}
		},
		"Help": func(t *testing.T, c *Comparison, k string) {
			presses(c, k)
			has(t, c, "next difference")
			presses(c, "esc")
			if c.help.open {
				t.Error("it is still there")
			}
		},
		"Quit": func(t *testing.T, c *Comparison, k string) {
			if _, cmd := c.Update(keyMsg(k)); cmd == nil || !c.quit {
				t.Error("it does not end")
			}
		},
	}
	for name, b2 := range bindings(newComparisonKeys()) {
		test, ok := tests[name]
		if !ok {
			t.Errorf("no test presses %s (%s)", name, b2.Help().Key)
			continue
		}
		for _, pressed := range b2.Keys() {
			t.Run(name+" "+pressed, func(t *testing.T) { test(t, compares(t, a, b, 80, 24, false), pressed) })
		}
	}
}

// TestComparisonMoves sees that both cursors are on events that belong together.
func TestComparisonMoves(t *testing.T) {
	c := compares(t, dispute(t, 0), dispute(t, 1), 80, 24, false)
	gaps := 0
	for i := range c.lines {
		c.moveTo(c.lines[i].first)
		if find(c.lines, c.at) != i {
			t.Fatalf("line %d is found at %d", i, find(c.lines, c.at))
		}
		if c.at == headRow {
			continue
		}
		row := c.Rows()[c.at]
		title := c.details.title(c)
		for side, name := range []string{"A", "B"} {
			n := event(row, side)
			if n == 0 {
				gaps++
				if !strings.Contains(title, "not in "+name) {
					t.Errorf("row %+v: the title is %q", row, title)
				}
				continue
			}
			if !strings.Contains(title, fmt.Sprintf("%s #%d ", name, n)) || c.row(side, n) != c.at {
				t.Errorf("row %+v: the title is %q, and the row of event %d is %d", row, title, n, c.row(side, n))
			}
		}
	}
	if gaps == 0 {
		t.Error("there is nothing that only one of them has")
	}
}

// TestComparisonSame says that there is nothing to see.
func TestComparisonSame(t *testing.T) {
	c := compares(t, dispute(t, 0), dispute(t, 0), 80, 24, false)
	has(t, c, "✓ the same", "✓ identical")
	presses(c, "d")
	has(t, c, "no difference after this")
	presses(c, "f")
	has(t, c, "no difference that others follow from")
	presses(c, "o")
	has(t, c, "nothing differs at this zoom")
	for _, k := range []string{"j", "k", "G", "g", "ctrl+d", "d", "D", "f", "F", "+", "-", "J", "enter"} {
		presses(c, k)
		c.View()
	}
}

// TestComparisonRandomKeys presses random keys, in the comparison and in what it leads to. What goes on in the background does so
// as in a program.
func TestComparisonRandomKeys(t *testing.T) {
	_, ordinary := callOf(t, 2, 1500)
	_, other := callOf(t, 3, 1000)
	keys := 10_000
	if testing.Short() {
		keys /= 10
	}
	for i, test := range []struct {
		name string
		a, b *recorder.Recording
	}{
		{"disputes", dispute(t, 0), dispute(t, 1)},
		{"calls", loadBytes(t, ordinary), loadBytes(t, other)},
		{"damaged", loadBytes(t, ordinary), loadBytes(t, damagedRecording(t, ordinary))},
		{"cut off", loadBytes(t, ordinary[:len(ordinary)*2/3]), loadBytes(t, ordinary)},
		{"empty", loadBytes(t, emptyRecording(t)), dispute(t, 0)},
		{"nothing", loadBytes(t, emptyRecording(t)), loadBytes(t, emptyRecording(t))},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := NewComparison(test.a, test.b, Options{Name: "a", Path: filepath.Join(t.TempDir(), "a.rtcrec"), ASCII: i%2 == 1, Renderer: colours()}, Options{Name: "b", Path: filepath.Join(t.TempDir(), "b.rtcrec")})
			defer c.Close()
			p := &player{t: t, random: rand.New(rand.NewPCG(2, uint64(i))), ascii: i%2 == 1}
			came := make(chan tea.Msg, 1000)
			var begin func(cmd tea.Cmd)
			begin = func(cmd tea.Cmd) {
				if cmd == nil {
					return
				}
				go func() {
					msg := cmd()
					if batch, ok := msg.(tea.BatchMsg); ok {
						for _, cmd := range batch {
							begin(cmd)
						}
						return
					}
					select {
					case came <- msg:
					default: // the program has ended
					}
				}()
			}
			send := func(name string, msg tea.Msg) {
				p.last = append(p.last[max(0, len(p.last)-20):], name)
				defer func() {
					if r := recover(); r != nil {
						t.Fatalf("%dx%d, after %q: %v", p.width, p.height, p.last, r)
					}
				}()
				_, cmd := c.Update(msg)
				begin(cmd)
				c.quit = false
				view := c.View()
				if strings.Contains(view, "this is a fault of rtcsim") {
					t.Fatalf("after %q: a panic in the background:\n%s", p.last, view)
				}
				p.fits(view)
			}
			resize := func(width, height int) {
				p.width, p.height = width, height
				send("resize", tea.WindowSizeMsg{Width: width, Height: height})
			}
			resize(100, 30)
			begin(c.align())
			send("aligned", <-came)
			var names []string
			for _, b := range bindings(c.keys) {
				names = append(names, b.Keys()...)
			}
			slices.Sort(names)
			names = append(names, "enter", "q", "q", "esc", "c", "n", "世", "f12", "d", "f")
			for n := range keys {
				select {
				case msg := <-came:
					send("what came", msg)
					continue
				default:
				}
				switch {
				case n%(keys/100) == 0:
					resize(1+p.random.IntN(220), 1+p.random.IntN(60))
				case p.random.IntN(20) == 0:
					send("mouse", tea.MouseMsg{X: p.random.IntN(p.width+2) - 1, Y: p.random.IntN(p.height + 1), Action: tea.MouseAction(p.random.IntN(3)), Button: tea.MouseButton(p.random.IntN(6))})
				default:
					name := names[p.random.IntN(len(names))]
					if m := c.inspectors[c.side]; c.inside && m.exporter.open && name == "enter" {
						continue // nothing is written
					}
					send(name, keyMsg(name))
				}
			}
		})
	}
}

// TestComparisonProgram runs it in a terminal.
func TestComparisonProgram(t *testing.T) {
	a, _ := callFile(t, 2, 600)
	_, file := callOf(t, 2, 900)
	b := filepath.Join(t.TempDir(), "other.rtcrec")
	if err := os.WriteFile(b, file, 0o644); err != nil {
		t.Fatal(err)
	}
	d := start(t, screening{Path: a, Other: b, Options: Options{Name: "one"}}, 100, 30)
	d.await("they are compared", d.has("they differ"))
	d.press("d")
	d.await("a difference is there", d.has("only in B"))
	d.press("enter")
	d.await("it can be inspected", d.has("q back to the comparison"))
	d.press("w")
	d.await("it is explained", d.focused("Why"))
	d.press("esc")
	d.await("the explanation is gone", d.has("── States ─"))
	d.press("q")
	d.await("the comparison is there again", d.has("they differ"))
	d.leave("q")
}
