package page

import (
	"html/template"
	"regexp"
	"strings"
)

// mark finds what is marked up in a line of Markdown, as far as scenarios use it: code, links, bare addresses, emphasis.
var mark = regexp.MustCompile("`([^`]+)`" + `|\[([^\]]+)\]\((https?://[^)\s]+)\)|(https?://[^\s<>()]*[^\s<>().,;:])|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*`)

// prose makes HTML of a Markdown text: paragraphs and lists. All of the text is escaped; only web addresses become links.
func prose(text string) template.HTML {
	var out strings.Builder
	for _, block := range strings.Split(strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n"), "\n\n") {
		var paragraph, items []string
		for _, line := range strings.Split(block, "\n") {
			line = strings.TrimSpace(line)
			item, isItem := strings.CutPrefix(line, "- ")
			switch {
			case isItem:
				items = append(items, item)
			case len(items) > 0:
				items[len(items)-1] += " " + line
			case line != "":
				paragraph = append(paragraph, line)
			}
		}
		if len(paragraph) > 0 {
			out.WriteString("<p>" + inline(strings.Join(paragraph, " ")) + "</p>\n")
		}
		if len(items) > 0 {
			out.WriteString("<ul>\n")
			for _, item := range items {
				out.WriteString("<li>" + inline(item) + "</li>\n")
			}
			out.WriteString("</ul>\n")
		}
	}
	return template.HTML(out.String())
}

func inline(text string) string {
	var out strings.Builder
	escape := template.HTMLEscapeString
	last := 0
	for _, m := range mark.FindAllStringSubmatchIndex(text, -1) {
		out.WriteString(escape(text[last:m[0]]))
		last = m[1]
		part := func(i int) (string, bool) {
			if m[2*i] < 0 {
				return "", false
			}
			return escape(text[m[2*i]:m[2*i+1]]), true
		}
		link := func(to, words string) {
			out.WriteString(`<a href="` + to + `" target="_blank" rel="noopener noreferrer">` + words + `</a>`)
		}
		if code, ok := part(1); ok {
			out.WriteString("<code>" + code + "</code>")
		} else if words, ok := part(2); ok {
			to, _ := part(3)
			link(to, words)
		} else if to, ok := part(4); ok {
			link(to, to)
		} else if strong, ok := part(5); ok {
			out.WriteString("<strong>" + strong + "</strong>")
		} else if em, ok := part(6); ok {
			out.WriteString("<em>" + em + "</em>")
		}
	}
	out.WriteString(escape(text[last:]))
	return out.String()
}
