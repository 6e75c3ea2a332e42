package tui

// newPanes makes the panes, in the order in which tab goes through them.
func newPanes(t *theme) []pane { return []pane{newStates(t), newEventPane(t)} }
