package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress tells of what takes long, on stderr: as one line that lives on a terminal, as a line now and then elsewhere.
// What is over soon is not told at all.
func (a *app) progress(what string, usually time.Duration) (done func()) {
	const tty, log = 100 * time.Millisecond, 15 * time.Second
	var out io.Writer = a.stderr
	soon, every := 2*time.Second, log
	file, ok := out.(*os.File)
	live := ok && term.IsTerminal(int(file.Fd()))
	if live {
		soon, every = 400*time.Millisecond, tty
	}
	began := time.Now()
	stop := make(chan struct{})
	var finished sync.WaitGroup
	finished.Go(func() {
		select {
		case <-stop:
			return
		case <-time.After(soon):
		}
		if !live {
			fmt.Fprintf(out, "rtcsim: %s (usually about %v)\n", what, usually)
		}
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for n := 0; ; n++ {
			select {
			case <-stop:
				if live {
					fmt.Fprintf(out, "\r\x1b[K")
				}
				fmt.Fprintf(out, "rtcsim: %s: done in %v\n", what, time.Since(began).Round(100*time.Millisecond))
				return
			case <-ticker.C:
				took := time.Since(began).Round(time.Second)
				if live {
					fmt.Fprintf(out, "\r\x1b[K%c %s: %v (usually about %v)", []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")[n%10], what, took, usually)
				} else {
					fmt.Fprintf(out, "rtcsim: %s: still at it after %v\n", what, took)
				}
			}
		}
	})
	return func() {
		close(stop)
		finished.Wait()
	}
}
