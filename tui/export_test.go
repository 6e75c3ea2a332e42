package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/rtcsim/rtcsim/internal/export"
	"github.com/rtcsim/rtcsim/recorder"
)

// exports opens the dialogue on a recording that is kept in a folder of its own.
func exports(t *testing.T, width int, ascii bool) *Model {
	t.Helper()
	r := dispute(t, 0)
	m := New(r, Options{Path: filepath.Join(t.TempDir(), "call.rtcrec"), Renderer: plainTheme(ascii).renderer, ASCII: ascii})
	t.Cleanup(m.Close)
	m.Update(tea.WindowSizeMsg{Width: width, Height: 24})
	m.moveTo(findEvent(t, r, recorder.KindPacketDropped, 3))
	return m
}

// presses presses keys and carries out what comes of them.
func presses(m tea.Model, keys ...string) {
	for _, k := range keys {
		_, cmd := m.Update(keyMsg(k))
		answered(m, cmd)
	}
}

// TestExportKeys presses every key of the dialogue.
func TestExportKeys(t *testing.T) {
	tests := map[string]func(t *testing.T, m *Model, pressed string){
		"next line":   func(t *testing.T, m *Model, k string) { presses(m, k); has(t, m, "▶ file") },
		"line before": func(t *testing.T, m *Model, k string) { presses(m, k); has(t, m, "▶ peer") },
		"another choice": func(t *testing.T, m *Model, k string) {
			presses(m, k)
			last := len(export.Formats)
			has(t, m, fmt.Sprintf("2 of %d", last), fmt.Sprintf("%d of %d", last, last))
			if strings.Contains(m.exporter.file.Value(), ".jsonl") {
				t.Error("the file has the name of another format")
			}
		},
		"write the file": func(t *testing.T, m *Model, k string) {
			presses(m, k)
			has(t, m, "wrote ")
			if m.exporter.open {
				t.Error("the dialogue is still there")
			}
		},
		"overwrite the file that is there": func(t *testing.T, m *Model, k string) {
			file := m.exporter.file.Value()
			if err := os.WriteFile(file, []byte("mine"), 0o644); err != nil {
				t.Fatal(err)
			}
			presses(m, "enter")
			has(t, m, "There is such a file")
			presses(m, "n")
			if text, _ := os.ReadFile(file); string(text) != "mine" {
				t.Fatal("it is overwritten")
			}
			presses(m, "enter", k)
			if text, _ := os.ReadFile(file); string(text) == "mine" {
				t.Error("it is not overwritten")
			}
			has(t, m, "wrote ")
		},
		"leave": func(t *testing.T, m *Model, k string) {
			presses(m, k)
			if m.exporter.open || m.quit {
				t.Error("it is still there, or the program has ended")
			}
		},
	}
	for _, b := range exports(t, 80, false).exporter.keys() {
		test, ok := tests[b.Help().Desc]
		if !ok {
			t.Errorf("no test presses %s (%s)", b.Help().Key, b.Help().Desc)
			continue
		}
		for _, pressed := range b.Keys() {
			t.Run(pressed, func(t *testing.T) {
				m := exports(t, 80, false)
				presses(m, "e")
				test(t, m, pressed)
			})
		}
	}
}

// has checks that one of some texts is on the screen.
func has(t *testing.T, m tea.Model, texts ...string) {
	t.Helper()
	view := ansi.Strip(m.View())
	for _, text := range texts {
		if strings.Contains(view, text) {
			return
		}
	}
	t.Errorf("%q is not there:\n%s", texts, view)
}

// TestExportPart exports what is chosen.
func TestExportPart(t *testing.T) {
	m := exports(t, 80, false)
	presses(m, "m", "b", "k", "k", "k", "m", "a", "e")
	var words []string
	for _, r := range m.exporter.ranges {
		words = append(words, r.words)
	}
	presses(m, "down", "down", "right")
	has(t, m, "from bookmark a to b")
	presses(m, "down", "right")
	has(t, m, "< alice >")
	presses(m, "up", "up", "ctrl+u")
	for _, r := range "part.jsonl" {
		presses(m, string(r))
	}
	presses(m, "enter")
	has(t, m, "wrote part.jsonl")
	defer os.Remove("part.jsonl")
	text, err := os.ReadFile("part.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	format, _ := export.Find("jsonl")
	o := m.exporter.options()
	if err := format.Write(&want, m.recording, o); err != nil {
		t.Fatal(err)
	}
	if string(text) != want.String() || o.From == 0 || o.To == 0 || len(o.Peers) != 1 {
		t.Errorf("with %+v of %q, this was written:\n%s", o, words, text)
	}
}

// TestExportFails says why nothing was written.
func TestExportFails(t *testing.T) {
	m := exports(t, 80, false)
	presses(m, "e", "down", "ctrl+u", "enter")
	has(t, m, "the file needs a name")
	for _, r := range "/no/such/folder/x" {
		presses(m, string(r))
	}
	presses(m, "enter")
	has(t, m, "no such file or directory")
	presses(m, "esc")
	if m.exporter.open {
		t.Error("it cannot be left")
	}
	live, err := recorder.NewLive(recorder.Header{})
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	m = New(live.Recording, Options{Renderer: plainTheme(false).renderer})
	t.Cleanup(m.Close)
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	presses(m, "e")
	has(t, m, "the run goes on")
}

// TestExportViews looks at the dialogue.
func TestExportViews(t *testing.T) {
	for _, ascii := range []bool{false, true} {
		m := exports(t, 80, ascii)
		m.path = "somewhere/call.rtcrec"
		presses(m, "e", "down", "left")
		name := "export"
		if ascii {
			name += "-ascii"
		}
		// How many formats there are, is no matter of its looks.
		view := m.exporter.view(80, exportLines) + "\n" + m.exporter.view(60, exportLines)
		golden(t, name, strings.ReplaceAll(view, fmt.Sprintf("of %d", len(export.Formats)), "of N"))
	}
}
