package tui

import (
	"os"
	"os/signal"
	"syscall"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/rtcsim/rtcsim/recorder"
)

// leaveMsg asks the program to end.
type leaveMsg struct{}

// Run shows the recording on the terminal until the user leaves, or a signal asks
// the program to end. The terminal is then as it was, even if the program has failed.
func Run(r *recorder.Recording, o Options) error {
	o.Output = os.Stdout
	m := New(r, o)
	defer m.Close()
	return run(m, m.mouse)
}

// run has the terminal show a model.
func run(m tea.Model, mouse bool) error {
	// Bubble Tea knows nothing of SIGHUP, and would not have the model end.
	options := []tea.ProgramOption{tea.WithAltScreen(), tea.WithoutSignalHandler()}
	if mouse {
		options = append(options, tea.WithMouseCellMotion())
	}
	p := tea.NewProgram(m, options...)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-signals:
			p.Send(leaveMsg{})
		case <-done:
		}
	}()
	_, err := p.Run()
	return err
}
