package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
)

// A piece is text of one style in a line.
type piece struct {
	text  string
	style lipgloss.Style
}

// A node is a line of a tree, with what is folded into it.
type node struct {
	id       string // tells it from its siblings
	pieces   []piece
	aside    string // follows on the line if there is room for all of it
	text     string // is shown below it, in full, when it is unfolded
	children []*node
	folded   bool // until somebody unfolds it
	link     int  // the event that enter leads to; 0 for none
	extent   extent
}

// add adds a child and returns it.
func (n *node) add(child *node) *node {
	n.children = append(n.children, child)
	return child
}

// An extent is a range of bytes.
type extent struct {
	data     []byte
	name     string // of the data
	from, to int
}

// A treeLine is a line that is shown of a tree.
type treeLine struct {
	node   *node
	path   string
	depth  int
	number int // of the line within the node's text, from 1; 0 for the node itself
	text   string
	open   bool
}

// A tree shows nodes, of which one is selected. What is unfolded and what is
// selected is remembered by their ids, so that it holds for the next event of
// the same kind as well.
type tree struct {
	*theme
	nodes []*node
	folds map[string]bool // what was folded or unfolded

	selected string // its path
	at       int    // where it was
	top      int    // the first line that is seen
	lines    []treeLine
	width    int
	height   int
}

func newTree(t *theme) *tree {
	return &tree{theme: t, folds: make(map[string]bool), width: 80, height: 20}
}

// show has the tree show other nodes.
func (t *tree) show(nodes []*node) {
	t.nodes, t.lines = nodes, nil
}

// current returns the node that is selected, nil if there is none.
func (t *tree) current() *node {
	t.layout(t.width)
	if t.at < len(t.lines) {
		return t.lines[t.at].node
	}
	return nil
}

// layout computes the lines.
func (t *tree) layout(width int) {
	if t.lines != nil && width == t.width {
		return
	}
	t.width = width
	t.lines = t.lines[:0]
	for _, n := range t.nodes {
		t.add(n, "", 0)
	}
	// What is no longer there may have been within something that is.
	for path := t.selected; path != ""; path = path[:strings.LastIndexByte(path, '/')] {
		for i := range t.lines {
			if t.lines[i].path == path {
				t.at = i
				return
			}
		}
	}
	t.at = 0
}

func (t *tree) add(n *node, path string, depth int) {
	path += "/" + n.id
	folded, said := t.folds[path]
	if !said {
		folded = n.folded || len(n.children) == 0 && t.seen(n, depth)
	}
	t.lines = append(t.lines, treeLine{node: n, path: path, depth: depth, open: !folded})
	if folded {
		return
	}
	if n.text != "" {
		room := max(1, t.width-t.indent(depth+1))
		for i, line := range wrapped(n.text, room) {
			t.lines = append(t.lines, treeLine{node: n, path: fmt.Sprint(path, "#", i+1), depth: depth + 1, number: i + 1, text: line})
		}
	}
	for _, child := range n.children {
		t.add(child, path, depth+1)
	}
}

// seen reports whether all of a node's text is on its line already.
func (t *tree) seen(n *node, depth int) bool {
	used := t.indent(depth)
	repeats := false
	for _, p := range n.pieces {
		used += ansi.StringWidth(p.text)
		repeats = repeats || p.repeats(n)
	}
	return repeats && used <= t.width
}

// repeats reports whether a piece is the whole text of its node, which is not said
// twice.
func (p piece) repeats(n *node) bool {
	return n.text != "" && strings.TrimSpace(p.text) == n.text
}

// indent is how far from the left a line begins.
func (t *tree) indent(depth int) int { return 4 + 2*depth }

func (t *tree) choose(i int) {
	t.at = max(0, min(i, len(t.lines)-1))
	if t.at < len(t.lines) {
		t.selected = t.lines[t.at].path
	}
}

// fold folds or unfolds the line that is selected. It is false if there is
// nothing to.
func (t *tree) fold(open bool) bool {
	if t.at >= len(t.lines) {
		return false
	}
	line := t.lines[t.at]
	if line.number > 0 || line.open == open || !line.node.foldable() {
		return false
	}
	t.folds[line.path] = !open
	t.lines = nil
	return true
}

func (n *node) foldable() bool { return len(n.children) > 0 || n.text != "" }

// out selects the line that the selected one is folded into.
func (t *tree) out() {
	for i := t.at - 1; i >= 0; i-- {
		if line := t.lines[i]; line.number == 0 && line.depth < t.lines[t.at].depth {
			t.choose(i)
			return
		}
	}
}

var treeKeys = struct{ down, up, pageDown, pageUp, first, last, open, fold, enter key.Binding }{
	down:     bind([]string{"j", "down"}, "j ↓", "next line"),
	up:       bind([]string{"k", "up"}, "k ↑", "line before"),
	pageDown: bind([]string{"ctrl+d", "pgdown"}, "^d", "half a pane down"),
	pageUp:   bind([]string{"ctrl+u", "pgup"}, "^u", "half a pane up"),
	first:    bind([]string{"g", "home"}, "g", "first line"),
	last:     bind([]string{"G", "end"}, "G", "last line"),
	open:     bind([]string{"l", "right"}, "l →", "unfold"),
	fold:     bind([]string{"h", "left"}, "h ←", "fold"),
	enter:    bind([]string{"enter"}, "enter", "unfold, or go to the event"),
}

func (t *tree) keys() []key.Binding {
	k := treeKeys
	return []key.Binding{k.down, k.up, k.pageDown, k.pageUp, k.first, k.last, k.open, k.fold, k.enter}
}

func (t *tree) update(msg tea.KeyMsg) (handled bool, cmd tea.Cmd) {
	t.layout(t.width)
	switch {
	case key.Matches(msg, treeKeys.down):
		t.choose(t.at + 1)
	case key.Matches(msg, treeKeys.up):
		t.choose(t.at - 1)
	case key.Matches(msg, treeKeys.pageDown):
		t.choose(t.at + max(1, t.height/2))
	case key.Matches(msg, treeKeys.pageUp):
		t.choose(t.at - max(1, t.height/2))
	case key.Matches(msg, treeKeys.first):
		t.choose(0)
	case key.Matches(msg, treeKeys.last):
		t.choose(len(t.lines) - 1)
	case key.Matches(msg, treeKeys.open):
		if !t.fold(true) && t.at+1 < len(t.lines) && t.lines[t.at+1].depth > t.lines[t.at].depth {
			t.choose(t.at + 1)
		}
	case key.Matches(msg, treeKeys.fold):
		if !t.fold(false) && t.at < len(t.lines) {
			t.out()
		}
	case key.Matches(msg, treeKeys.enter):
		n := t.current()
		switch {
		case n == nil:
		case n.link > 0:
			return true, jump(n.link)
		case !t.fold(true):
			t.fold(false)
		}
	default:
		return false, nil
	}
	return true, nil
}

// view returns at most height lines of at most that width.
func (t *tree) view(width, height int) string {
	t.layout(width)
	t.height = height
	t.top = max(0, min(t.top, len(t.lines)-height))
	if t.at < t.top {
		t.top = t.at
	}
	if t.at >= t.top+height {
		t.top = t.at - height + 1
	}
	var b strings.Builder
	for i := t.top; i < min(len(t.lines), t.top+height); i++ {
		if i > t.top {
			b.WriteByte('\n')
		}
		b.WriteString(t.render(t.lines[i], i == t.at, width))
	}
	return b.String()
}

// position tells how much of the tree is seen; nothing if all of it is.
func (t *tree) position() string {
	if len(t.lines) <= t.height {
		return ""
	}
	return fmt.Sprintf("%d/%d", t.at+1, len(t.lines))
}

func (t *tree) render(line treeLine, selected bool, width int) string {
	pieces := []piece{{"  ", t.text}}
	if selected {
		pieces[0] = piece{t.glyphs.arrowRight + " ", t.focus}
	}
	pieces = append(pieces, piece{strings.Repeat("  ", line.depth), t.text})
	mark := "  "
	switch {
	case line.number > 0:
	case line.node.foldable() && line.open:
		mark = t.glyphs.unfold + " "
	case line.node.foldable():
		mark = t.glyphs.fold + " "
	case line.node.link > 0:
		mark = t.glyphs.diamond + " "
	}
	pieces = append(pieces, piece{mark, t.dim})
	if line.number > 0 {
		return t.line(append(pieces, piece{line.text, t.theme.text}), width)
	}
	for i, p := range line.node.pieces {
		if line.open && p.repeats(line.node) {
			continue
		}
		if selected && i == 0 {
			p.style = t.theme.selected.Inherit(p.style)
		}
		pieces = append(pieces, p)
	}
	if line.node.aside != "" {
		used := 2 + ansi.StringWidth(clean(line.node.aside))
		for _, p := range pieces {
			used += ansi.StringWidth(clean(p.text))
		}
		if used <= width {
			pieces = append(pieces, piece{"  " + line.node.aside, t.dim})
		}
	}
	return t.line(pieces, width)
}

// line renders pieces as one line of at most that width.
func (t *theme) line(pieces []piece, width int) string {
	var b strings.Builder
	for i, p := range pieces {
		text := clean(p.text)
		w := ansi.StringWidth(text)
		if w > width || w == width && i < len(pieces)-1 && rest(pieces[i+1:]) {
			b.WriteString(p.style.Render(ansi.Truncate(text+" ", width, t.glyphs.ellipsis)))
			break
		}
		if text != "" {
			b.WriteString(p.style.Render(text))
		}
		width -= w
	}
	return b.String()
}

// rest reports whether there is text in the pieces.
func rest(pieces []piece) bool {
	for _, p := range pieces {
		if p.text != "" {
			return true
		}
	}
	return false
}

// clean returns text without what would move the cursor or change the terminal.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x200b || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == '\ufeff':
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// wrapped cuts a text into lines of at most that width.
func wrapped(text string, width int) []string {
	width = max(1, width)
	var lines []string
	for _, line := range strings.Split(strings.TrimRight(text, "\r\n"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		lines = append(lines, strings.Split(ansi.Wrap(clean(line), width, ""), "\n")...)
	}
	return lines
}
