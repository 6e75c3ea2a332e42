package suite

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Progress tells how far a suite is: on a terminal as one line that lives, elsewhere as a line now and then. What does not pass is told at
// once, on a line of its own.
type Progress struct {
	out   io.Writer
	live  bool
	began time.Time
	stop  chan struct{}
	ended sync.WaitGroup

	mu   sync.Mutex
	sums Sums
}

// NewProgress begins to tell the progress of so many cases on out. Live is for a terminal.
func NewProgress(out io.Writer, live bool, cases int) *Progress {
	p := &Progress{out: out, live: live, began: time.Now(), stop: make(chan struct{}), sums: Sums{Cases: cases}}
	every := 15 * time.Second
	if live {
		every = 100 * time.Millisecond
	}
	p.ended.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-p.stop:
				return
			case <-ticker.C:
				p.mu.Lock()
				p.clear()
				fmt.Fprint(p.out, p.line(time.Since(p.began)))
				if !p.live {
					fmt.Fprintln(p.out)
				}
				p.mu.Unlock()
			}
		}
	})
	return p
}

// Add counts a result.
func (p *Progress) Add(r *Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sums.Add(r)
	if r.Outcome == Passed {
		return
	}
	why := r.Message
	if len(r.Failures) > 0 {
		f := r.Failures[0]
		why = f.Text
		if f.Line > 0 {
			why += fmt.Sprintf(" (%s:%d)", f.File, f.Line)
		}
	}
	p.clear()
	fmt.Fprintf(p.out, "rtcsim: ✗ %s %s: %s\n", r.Case, r.Outcome, why)
}

// Close ends the telling, and leaves nothing of the line.
func (p *Progress) Close() {
	close(p.stop)
	p.ended.Wait()
	p.clear()
}

// clear takes away the line that lives.
func (p *Progress) clear() {
	if p.live {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

// line returns how far the suite is after some time.
func (p *Progress) line(passed time.Duration) string {
	s := p.sums
	text := fmt.Sprintf("rtcsim: %d of %d cases", s.Finished, s.Cases)
	if bad := s.Finished - s.Passed; bad > 0 {
		text += fmt.Sprintf(", %d not passed", bad)
	}
	if s.Finished == 0 || passed <= 0 {
		return text
	}
	text += fmt.Sprintf(", %.1f a second", float64(s.Finished)/passed.Seconds())
	left := time.Duration(float64(passed) / float64(s.Finished) * float64(s.Cases-s.Finished))
	return text + fmt.Sprintf(", about %v left", max(left, 0).Round(time.Second))
}
