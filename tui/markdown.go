package tui

import (
	"regexp"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

var (
	markdownLink = regexp.MustCompile(`\[([^\]]+)\]\(([^)\s]+)\)`)
	markdownSpan = regexp.MustCompile("`[^`]+`|\\*\\*[^*]+\\*\\*|\\*[^*\\s][^*]*\\*")
)

// markdown renders the little of Markdown that notes use: paragraphs, lists,
// headings, code, emphasis and links. Each line is at most that wide.
func (t *theme) markdown(text string, width int) []string {
	width = max(1, width)
	var lines, paragraph []string
	flush := func() {
		if len(paragraph) > 0 {
			lines = append(lines, t.spans(strings.Join(paragraph, " "), "", width)...)
			paragraph = nil
		}
	}
	code := false
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		line = clean(strings.TrimRight(line, " \r"))
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, "```"):
			flush()
			code = !code
		case code:
			lines = append(lines, t.line([]piece{{"  " + line, t.change}}, width))
		case trimmed == "":
			flush()
			lines = append(lines, "")
		case strings.HasPrefix(trimmed, "#"):
			flush()
			lines = append(lines, t.line([]piece{{strings.TrimSpace(strings.TrimLeft(trimmed, "#")), t.call}}, width))
		case strings.HasPrefix(trimmed, "- ") || strings.HasPrefix(trimmed, "* "):
			flush()
			lines = append(lines, t.spans(trimmed[2:], t.glyphs.dot+" ", width)...)
		default:
			paragraph = append(paragraph, trimmed)
		}
	}
	flush()
	return lines
}

// spans renders one paragraph after a bullet.
func (t *theme) spans(text, bullet string, width int) []string {
	text = markdownLink.ReplaceAllString(text, "$1 <$2>")
	text = markdownSpan.ReplaceAllStringFunc(text, func(s string) string {
		switch {
		case s[0] == '`':
			return t.change.Render(strings.Trim(s, "`"))
		case strings.HasPrefix(s, "**"):
			return t.bold.Render(strings.Trim(s, "*"))
		}
		return t.call.Render(strings.Trim(s, "*"))
	})
	indent := strings.Repeat(" ", ansi.StringWidth(bullet))
	var lines []string
	for i, line := range strings.Split(ansi.Wrap(text, max(1, width-len(indent)), ""), "\n") {
		if i > 0 {
			bullet = indent
		}
		lines = append(lines, ansi.Truncate(bullet+line, width, ""))
	}
	return lines
}

// plain returns a text of Markdown without its marks, on one line.
func plain(text string) string {
	text = markdownLink.ReplaceAllString(text, "$1")
	text = markdownSpan.ReplaceAllStringFunc(text, func(s string) string { return strings.Trim(s, "`*") })
	return strings.Join(strings.Fields(text), " ")
}
