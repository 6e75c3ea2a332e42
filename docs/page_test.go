package docs_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// page is a document with its fenced blocks.
type page struct {
	file   string
	lines  []string
	blocks []*block
}

// block is what is between two fences.
type block struct {
	language string
	file     string // what its first line names
	line     int    // that of its first line, from 1
	lines    []string
	commands []*command // of console and sh
}

// command is a command with what it is said to print.
type command struct {
	text   string
	line   int
	shown  []string // the command as it is written
	output []string
}

const fence = "```"

// fileName is a first line that names the file which the block is.
var fileName = regexp.MustCompile(`^(?:#|//) ([\w./-]+\.(?:yaml|yml|go|py|sh|trace))$`)

func readPage(file string) (*page, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	p := &page{file: file, lines: strings.Split(string(text), "\n")}
	for i := 0; i < len(p.lines); i++ {
		language, ok := strings.CutPrefix(p.lines[i], fence)
		if !ok {
			continue
		}
		end := slices.Index(p.lines[i+1:], fence)
		if end < 0 {
			return nil, fmt.Errorf("%s:%d: the block has no end", file, i+1)
		}
		if language == "" {
			return nil, fmt.Errorf("%s:%d: the block does not say what it is: console, sh, yaml, text …", file, i+1)
		}
		b := &block{language: language, line: i + 2, lines: p.lines[i+1 : i+1+end]}
		if err := b.parse(); err != nil {
			return nil, fmt.Errorf("%s:%w", file, err)
		}
		p.blocks = append(p.blocks, b)
		i += end + 1
	}
	return p, nil
}

func (b *block) parse() error {
	if len(b.lines) > 0 {
		if m := fileName.FindStringSubmatch(b.lines[0]); m != nil {
			b.file = m[1]
			return nil
		}
	}
	if b.language != "console" && b.language != "sh" {
		return nil
	}
	var last *command
	for i, line := range b.lines {
		text := line
		if b.language == "console" {
			var begins bool
			text, begins = strings.CutPrefix(line, "$ ")
			switch {
			case begins:
			case last == nil:
				return fmt.Errorf("%d: a console begins with a command, after '$ '", b.line+i)
			case strings.HasSuffix(last.text, `\`):
			default:
				last.output = append(last.output, line)
				continue
			}
		}
		if last != nil && strings.HasSuffix(last.text, `\`) {
			last.text += "\n" + text
		} else {
			last = &command{text: text, line: b.line + i}
			b.commands = append(b.commands, last)
		}
		last.shown = append(last.shown, line)
	}
	return nil
}

// text returns what is in the block.
func (b *block) text() string { return strings.Join(b.lines, "\n") + "\n" }

// write writes the page with the outputs as they are now.
func (p *page) write() error {
	var lines []string
	from := 0
	for _, b := range p.blocks {
		begin := b.line - 1
		lines = append(lines, p.lines[from:begin]...)
		from = begin + len(b.lines)
		if len(b.commands) == 0 {
			lines = append(lines, b.lines...)
		}
		for _, c := range b.commands {
			lines = append(append(lines, c.shown...), c.output...)
		}
	}
	lines = append(lines, p.lines[from:]...)
	text := strings.Join(lines, "\n")
	if text == strings.Join(p.lines, "\n") {
		return nil
	}
	return os.WriteFile(p.file, []byte(text), 0o666)
}
