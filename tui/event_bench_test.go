package tui

import (
	"fmt"
	"testing"
)

// BenchmarkEventView steps through a recording and shows each event, tab by tab,
// at 120×40.
func BenchmarkEventView(b *testing.B) {
	r := testSession(b)
	p := newEventPane(plainTheme(false))
	defer p.close()
	for i, tab := range p.tabs {
		b.Run(tab.name(), func(b *testing.B) {
			p.look(momentAt(r, r.Len()))
			press(p, fmt.Sprint(i+1))
			settled(p, 120, 40) // what is read once does not count
			n := 0
			for b.Loop() {
				n = n%r.Len() + 1
				p.look(momentAt(r, n))
				p.shown = i
				p.view(120, 40)
			}
		})
	}
}
