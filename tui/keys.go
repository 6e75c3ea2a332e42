package tui

import "github.com/charmbracelet/bubbles/key"

// keyMap is what keys do. The help is made from it.
type keyMap struct {
	Down, Up, PageDown, PageUp, First, Last        key.Binding
	NextChange, PreviousChange, NextStep, PrevStep key.Binding
	NextProblem, PreviousProblem                   key.Binding
	Cause, Effect, Back, Forward                   key.Binding
	Left, Right, ZoomIn, ZoomOut                   key.Binding
	Play, Reverse, Faster, Slower                  key.Binding
	Filter, Next, Previous, Only, Escape           key.Binding
	Hide, HidePeer, Show                           key.Binding
	Mark, GoToMark, Command, Copy, Follow          key.Binding
	Why, Export                                    key.Binding
	NextPane, PreviousPane, Maximise, Mouse        key.Binding
	Suspend, Help, Quit                            key.Binding
}

func bind(keys []string, name, what string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(name, what))
}

func newKeyMap() keyMap {
	return keyMap{
		Down:            bind([]string{"j", "down"}, "j ↓", "next row"),
		Up:              bind([]string{"k", "up"}, "k ↑", "row before"),
		PageDown:        bind([]string{"ctrl+d", "pgdown"}, "^d", "half a screen down"),
		PageUp:          bind([]string{"ctrl+u", "pgup"}, "^u", "half a screen up"),
		First:           bind([]string{"g", "home"}, "g", "to the beginning"),
		Last:            bind([]string{"G", "end"}, "G", "to the end"),
		NextChange:      bind([]string{"t"}, "t", "next transition"),
		PreviousChange:  bind([]string{"T"}, "T", "transition before"),
		NextStep:        bind([]string{"s"}, "s", "next step of the scenario"),
		PrevStep:        bind([]string{"S"}, "S", "step before"),
		NextProblem:     bind([]string{"f"}, "f", "next failure or remark"),
		PreviousProblem: bind([]string{"F"}, "F", "failure or remark before"),
		Cause:           bind([]string{"c"}, "c", "to what caused it"),
		Effect:          bind([]string{"C"}, "C", "to what it led to"),
		Back:            bind([]string{"ctrl+o"}, "^o", "back to where you were"),
		Forward:         bind([]string{"ctrl+p"}, "^p", "forward again"),
		Left:            bind([]string{"h", "left"}, "h ←", "lanes to the left"),
		Right:           bind([]string{"l", "right"}, "l →", "lanes to the right"),
		ZoomIn:          bind([]string{"+", "="}, "+", "show more"),
		ZoomOut:         bind([]string{"-", "_"}, "-", "show less"),
		Play:            bind([]string{" "}, "space", "play, pause"),
		Reverse:         bind([]string{"r"}, "r", "play the other way"),
		Faster:          bind([]string{">"}, ">", "play faster"),
		Slower:          bind([]string{"<"}, "<", "play slower"),
		Filter:          bind([]string{"/"}, "/", "find"),
		Next:            bind([]string{"n"}, "n", "next that was found"),
		Previous:        bind([]string{"N"}, "N", "one before that was found"),
		Only:            bind([]string{"o"}, "o", "show only what was found"),
		Escape:          bind([]string{"esc"}, "esc", "leave, forget"),
		Hide:            bind([]string{"x"}, "x", "hide this kind of event"),
		HidePeer:        bind([]string{"p"}, "p", "hide this peer"),
		Show:            bind([]string{"X"}, "X", "show all that is hidden"),
		Mark:            bind([]string{"m"}, "m a", "bookmark a"),
		GoToMark:        bind([]string{"'"}, "' a", "to bookmark a"),
		Command:         bind([]string{":"}, ":", "command, such as :12.5s"),
		Copy:            bind([]string{"y"}, "y", "copy the event as JSON"),
		Follow:          bind([]string{"L"}, "L", "follow a run that goes on"),
		Why:             bind([]string{"w"}, "w", "why it is so"),
		Export:          bind([]string{"e"}, "e", "export for other programs"),
		NextPane:        bind([]string{"tab"}, "tab", "next pane"),
		PreviousPane:    bind([]string{"shift+tab"}, "⇧tab", "pane before"),
		Maximise:        bind([]string{"z"}, "z", "this pane alone, and back"),
		Mouse:           bind([]string{"M"}, "M", "mouse on, off"),
		Suspend:         bind([]string{"ctrl+z"}, "^z", "to the shell, fg comes back"),
		Help:            bind([]string{"?"}, "?", "this help"),
		Quit:            bind([]string{"q", "ctrl+c"}, "q", "quit"),
	}
}

// A group is a part of the help.
type group struct {
	title string
	keys  []key.Binding
}

// groups are the keys as the help shows them.
func (k keyMap) groups() []group {
	return []group{
		{"Move", []key.Binding{k.Down, k.Up, k.PageDown, k.PageUp, k.First, k.Last, k.Left, k.Right, k.ZoomIn, k.ZoomOut}},
		{"Travel", []key.Binding{k.NextChange, k.PreviousChange, k.NextStep, k.PrevStep, k.NextProblem, k.PreviousProblem, k.Why, k.Cause, k.Effect, k.Back, k.Forward}},
		{"Play", []key.Binding{k.Play, k.Reverse, k.Faster, k.Slower, k.Follow}},
		{"Find", []key.Binding{k.Filter, k.Next, k.Previous, k.Only, k.Hide, k.HidePeer, k.Show, k.Escape}},
		{"Keep", []key.Binding{k.Mark, k.GoToMark, k.Copy, k.Export, k.Command}},
		{"Screen", []key.Binding{k.NextPane, k.PreviousPane, k.Maximise, k.Mouse, k.Suspend, k.Help, k.Quit}},
	}
}
