package golden

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
)

// Extension ends the name of a golden file. It has the place of the scenario's.
const Extension = ".golden"

// Path returns where the golden file of a scenario is: beside it.
func Path(scenario string) string {
	return strings.TrimSuffix(scenario, filepath.Ext(scenario)) + Extension
}

// File holds the golden texts of one scenario, a section for each case. It is not safe for concurrent use.
type File struct {
	name     string // of the scenario
	sections []*Session
}

const sectionMark = "=== "

// New returns a file without sections for a scenario of that file name.
func New(scenario string) *File { return &File{name: filepath.Base(scenario)} }

// Parse reads the golden file of a scenario of that file name. The error says which line is wrong, such as one with the marks of
// a merge that was not finished.
func Parse(scenario string, text []byte) (*File, error) {
	f := New(scenario)
	n := 0
	for text := range linesOf(text) {
		n++
		text := strings.TrimRight(string(text), "\r\n")
		if strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if head, ok := strings.CutPrefix(text, sectionMark); ok {
			s, ok := parseSection(head)
			if !ok {
				return nil, fmt.Errorf("line %d: a section begins with '%s[VARIANT, ]seed N', not %q", n, sectionMark, text)
			}
			s.number = n
			if f.find(s.Case) >= 0 {
				return nil, fmt.Errorf("line %d: there are two sections for %v", n, s.Case)
			}
			f.sections = append(f.sections, s)
			continue
		}
		if len(f.sections) == 0 {
			return nil, fmt.Errorf("line %d stands before the first section: %q", n, text)
		}
		s := f.sections[len(f.sections)-1]
		var before *line
		if len(s.lines) > 0 {
			before = &s.lines[len(s.lines)-1]
		}
		l, ok := parseLine(text, before)
		if !ok {
			return nil, fmt.Errorf("line %d is none of a golden file: %q", n, text)
		}
		l.number = n
		s.lines = append(s.lines, l)
	}
	return f, nil
}

func parseSection(head string) (s *Session, ok bool) {
	s = new(Session)
	name, with, _ := strings.Cut(head, " (")
	s.with = strings.TrimSuffix(with, ")")
	i := strings.LastIndex(name, "seed ")
	if i < 0 {
		return s, false
	}
	s.Variant = strings.TrimSuffix(name[:i], ", ")
	_, err := fmt.Sscanf(name[i:], "seed %d", &s.Seed)
	return s, err == nil
}

// Text returns the file's text.
func (f *File) Text() []byte {
	b := fmt.Appendf(nil, `# What the sessions of %s did when somebody last reviewed it: a golden recording of rtcsim, to be read like code.
# Times, and numbers with a ~, are compared with a tolerance. To compare and to rewrite it:
#   rtcsim test --golden PATH-OF-THE-SCENARIO
#   rtcsim test --golden --update PATH-OF-THE-SCENARIO
`, f.name)
	for _, s := range f.sections {
		b = fmt.Appendf(b, "\n%s%v (%s)\n", sectionMark, s.Case, s.with)
		b = appendLines(b, s.lines)
	}
	return b
}

// Cases returns the cases that have a section, in the order of the file.
func (f *File) Cases() []Case {
	var cases []Case
	for _, s := range f.sections {
		cases = append(cases, s.Case)
	}
	return cases
}

func (f *File) find(c Case) int {
	return slices.IndexFunc(f.sections, func(s *Session) bool { return s.Case == c })
}

// Difference is what a run does otherwise than its golden text says.
type Difference struct {
	Case Case
	// Missing tells that there is no text for the case.
	Missing bool
	// Was and Is say which pion the text and the run are of.
	Was, Is string
	// Line is the line of the file, from 1, at which the first difference is; 0 where the text is missing.
	Line int
	// Lines are those that differ, with three equal ones around each: a unified diff. Empty where the text is missing.
	Lines string
	// Removed and Added count the lines that differ.
	Removed, Added int
}

// String tells the difference in a line.
func (d *Difference) String() string {
	if d.Missing {
		return fmt.Sprintf("there is no golden text for %v", d.Case)
	}
	return fmt.Sprintf("the session is not as its golden text: %s gone, %d new", count(d.Removed, "line"), d.Added)
}

// Diff tells the difference as a unified diff, and of which versions of pion its sides are where these are two.
func (d *Difference) Diff() string {
	if d.Missing {
		return ""
	}
	was, is := "", ""
	if d.Was != d.Is {
		was, is = ", of "+d.Was, ", of "+d.Is
	}
	return "--- golden" + was + "\n+++ this run" + is + "\n" + d.Lines
}

// Compare compares a session with the text of its case. It returns nil where they are the same, up to the tolerance: two
// times may differ by 100 ms or a fiftieth, whichever is more, two counts with a ~ by 2 or a tenth.
func (f *File) Compare(now *Session) *Difference {
	i := f.find(now.Case)
	if i < 0 {
		return &Difference{Case: now.Case, Missing: true}
	}
	edits := compare(f.sections[i].lines, now.lines)
	if !differ(edits) {
		return nil
	}
	d := &Difference{Case: now.Case, Was: f.sections[i].with, Is: now.with, Lines: string(appendDiff(nil, edits))}
	at := f.sections[i].number
	for _, e := range edits {
		switch e.op {
		case ' ':
			at = e.number
			continue
		case '-':
			at = e.number
			d.Removed++
		case '+':
			d.Added++
		}
		if d.Line == 0 {
			d.Line = at
		}
	}
	return d
}

// Update makes the text of the session's case say what the session did, and tells whether that changed the file. What is the
// same up to the tolerance stays as it is, so that a review sees only what has changed.
func (f *File) Update(now *Session) (changed bool) {
	i := f.find(now.Case)
	if i < 0 {
		f.sections = append(f.sections, now)
		return true
	}
	edits := compare(f.sections[i].lines, now.lines)
	if !differ(edits) {
		return false
	}
	merged := &Session{Case: now.Case, with: now.with}
	for _, e := range edits {
		if e.op != '-' {
			merged.lines = append(merged.lines, e.line)
		}
	}
	f.sections[i] = merged
	return true
}

// Stale returns the cases whose variant is none of those that the scenario has now.
func (f *File) Stale(variants []string) []Case {
	var stale []Case
	for _, s := range f.sections {
		if !slices.Contains(variants, s.Variant) {
			stale = append(stale, s.Case)
		}
	}
	return stale
}

// Tidy removes stale cases, and orders the others as the scenario has its variants, by seed.
func (f *File) Tidy(variants []string) {
	stale := f.Stale(variants)
	f.sections = slices.DeleteFunc(f.sections, func(s *Session) bool { return slices.Contains(stale, s.Case) })
	slices.SortStableFunc(f.sections, func(a, b *Session) int {
		return cmp.Or(cmp.Compare(slices.Index(variants, a.Variant), slices.Index(variants, b.Variant)), cmp.Compare(a.Seed, b.Seed))
	})
}

// linesOf goes through the lines of a text, with their newlines.
func linesOf(text []byte) iter.Seq[[]byte] { return bytes.Lines(text) }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
