package tui

import (
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// playback moves the cursor by itself.
type playback struct {
	on      bool
	back    bool
	speed   int           // an index of speeds
	now     time.Duration // virtual
	session int           // tells ticks of this play from those of one before
}

// speeds are in virtual seconds a second.
var speeds = []float64{0.001, 0.01, 0.1, 0.25, 0.5, 1, 2, 5, 10, 60}

const normalSpeed = 5

// frame is the time between two pictures.
const frame = 40 * time.Millisecond

// tickMsg moves a play on.
type tickMsg struct{ session int }

func (p *playback) tick() tea.Cmd {
	session := p.session
	return tea.Tick(frame, func(time.Time) tea.Msg { return tickMsg{session} })
}

// toggle begins to play from a time, or pauses.
func (p *playback) toggle(from time.Duration) tea.Cmd {
	p.on = !p.on
	if !p.on {
		return nil
	}
	p.now = from
	p.session++
	return p.tick()
}

// advance moves the time on by one picture.
func (p *playback) advance() {
	d := time.Duration(speeds[p.speed] * float64(frame))
	if p.back {
		d = -d
	}
	p.now += d
}

func (p *playback) change(by int) { p.speed = min(max(0, p.speed+by), len(speeds)-1) }

// text says how it plays.
func (p *playback) text(g *glyphs) string {
	glyph := g.pause
	if p.on {
		glyph = g.play
		if p.back {
			glyph = g.arrowLeft
		}
	}
	return fmt.Sprintf("%s %gx", glyph, speeds[p.speed])
}
