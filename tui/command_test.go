package tui

import (
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

// TestCommands carries out the commands that no key does.
func TestCommands(t *testing.T) {
	m := New(dispute(t, 0), Options{Renderer: colours()})
	t.Cleanup(m.Close)
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	dark := m.View()
	m.carryOut("theme light")
	light := m.View()
	if m.theme.renderer.HasDarkBackground() || light == dark {
		t.Error("the theme is still dark")
	}
	m.carryOut("theme dark")
	if m.View() != dark {
		t.Error("the theme is not as it was")
	}
	answered(m, m.carryOut("theme blue"))
	if !m.message.wrong {
		t.Errorf("the message is %+v", m.message)
	}
	answered(m, m.carryOut("why"))
	if m.panes[0] != pane(m.reasons) {
		t.Error("there are no reasons")
	}
	answered(m, m.carryOut("export"))
	if !m.exporter.open {
		t.Error("there is no dialogue")
	}
}
