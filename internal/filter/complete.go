package filter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// Completion is one way to go on with a filter that is being written.
type Completion struct {
	// Text is what takes the place of the bytes of the filter from From to To.
	Text     string
	From, To int
	// Explains says what it means.
	Explains string
}

// Apply returns the filter with the completion in it, and the byte at which the cursor is then.
func (c Completion) Apply(text string) (completed string, cursor int) {
	return text[:c.From] + c.Text + text[c.To:], c.From + len(c.Text)
}

// Complete returns the ways to go on at a byte of a filter, the likeliest first. Names, which may be nil, are those that occur in the
// recording.
func Complete(text string, cursor int, names *Names) []Completion {
	cursor = max(0, min(cursor, len(text)))
	from, to := termAt(text, cursor)
	for from < cursor && (text[from] == '-' || text[from] == '!') {
		from++
	}
	begun := text[from:cursor]
	if strings.HasPrefix(begun, `"`) {
		return nil
	}
	field, op, length := cutOperator(begun)
	if op == "" {
		if _, op, length := cutOperator(text[from:to]); op != "" { // what the field is compared with stays
			return place(fieldsOnly(beginnings(begun, names)), from, from+length)
		}
		return place(beginnings(begun, names), from, to)
	}

	// The last of the values up to the cursor.
	from += length
	quoted := false
	for i := from; i < cursor; i++ {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == ',' && !quoted:
			from = i + 1
		}
	}
	if end := strings.IndexByte(text[cursor:to], ','); end >= 0 && !quoted {
		to = cursor + end
	}
	begun = strings.Trim(text[from:cursor], `"`)
	found := slices.DeleteFunc(values(strings.ToLower(field), begun, names), func(c Completion) bool { return strings.EqualFold(c.Text, begun) })
	return place(found, from, to)
}

// fieldsOnly are the completions that end with an operator.
func fieldsOnly(completions []Completion) []Completion {
	return slices.DeleteFunc(completions, func(c Completion) bool {
		_, op, length := cutOperator(c.Text)
		return op == "" || length < len(c.Text)
	})
}

// place says where completions belong.
func place(completions []Completion, from, to int) []Completion {
	for i := range completions {
		completions[i].From, completions[i].To = from, to
	}
	return completions
}

// termAt returns where the term begins and ends that the cursor is in or behind; at the cursor itself if there is none.
func termAt(text string, cursor int) (from, to int) {
	from = -1
	quoted := false
	for i := range len(text) {
		stops := !quoted && strings.IndexByte(" \t\r\n()|&", text[i]) >= 0
		if text[i] == '"' && (i == 0 || text[i-1] != '\\') {
			quoted = !quoted
		}
		switch {
		case stops && i >= cursor:
			if from < 0 {
				return cursor, cursor
			}
			return from, i
		case stops:
			from = -1
		case from < 0 && i < cursor:
			from = i
		case from < 0:
			return cursor, cursor
		}
	}
	if from < 0 {
		return cursor, cursor
	}
	return from, len(text)
}

// beginnings are the completions of a term that begins so.
func beginnings(begun string, names *Names) []Completion {
	start := strings.ToLower(begun)
	var found, within []Completion
	offer := func(name, text, explains string) {
		switch name = strings.ToLower(name); {
		case strings.HasPrefix(name, start):
			found = append(found, Completion{Text: text, Explains: explains})
		case len(start) > 2 && strings.Contains(name, start):
			within = append(within, Completion{Text: text, Explains: explains})
		}
	}
	offer("kind", "kind:", "the kind of event")
	peer := nameFields[0] // what is asked for most
	offer(peer.name, peer.name+":", peer.means)
	for _, f := range flags {
		offer(f.name, f.name, f.means)
	}
	for _, f := range nameFields[1:] {
		offer(f.name, f.name+":", f.means)
	}
	for _, f := range numberFields {
		// With the operator that is of most use.
		_, _, length := cutOperator(f.example)
		offer(f.name, f.example[:length], f.means+", as in "+f.example)
	}
	if begun != "" {
		offer("or", "or", "joins alternatives")
		offer("not", "not", "negates what follows")
	}
	// Names, for those who do not know what has them.
	if len(start) > 1 {
		for _, f := range append([]string{"kind"}, nameFieldNames()...) {
			if f == "from" || f == "to" {
				continue // as peer:
			}
			for _, c := range values(f, begun, names) {
				if strings.HasPrefix(strings.ToLower(strings.Trim(c.Text, `"`)), start) {
					found = append(found, Completion{Text: f + ":" + c.Text, Explains: c.Explains})
				} else {
					within = append(within, Completion{Text: f + ":" + c.Text, Explains: c.Explains})
				}
			}
		}
	}
	return slices.DeleteFunc(append(found, within...), func(c Completion) bool { return strings.EqualFold(c.Text, begun) })
}

func nameFieldNames() []string {
	names := make([]string, len(nameFields))
	for i, f := range nameFields {
		names[i] = f.name
	}
	return names
}

// values are the completions of a field's value that begins so: names that begin so, then names that have it within.
func values(field, begun string, names *Names) []Completion {
	start := strings.ToLower(begun)
	var found, within []Completion
	offer := func(name, explains string) {
		c := Completion{Text: joinValues([]string{name}), Explains: explains}
		switch lower := strings.ToLower(name); {
		case strings.HasPrefix(lower, start):
			found = append(found, c)
		case len(start) > 2 && strings.Contains(lower, start):
			within = append(within, c)
		}
	}
	known := names.Of(field)
	switch field {
	case "is":
		for _, f := range flags {
			offer(f.name, f.means)
		}
	case "kind":
		for _, f := range families {
			n := 0
			for _, c := range known {
				if slices.Contains(f.kinds, recorder.Kind(c.Name)) {
					n += c.Events
				}
			}
			if n > 0 || len(known) == 0 {
				offer(f.name, f.noun+counted(n))
			}
		}
		for _, c := range kindsKnown(known) {
			info, _ := recorder.Kind(c.Name).Info()
			if kinds, _ := kindsOf(c.Name); len(kinds) == 1 { // no family has the name
				offer(c.Name, info.Meaning+counted(c.Events))
			}
		}
	default:
		i := slices.IndexFunc(nameFields, func(f *nameField) bool { return f.name == field })
		if i < 0 {
			return nil
		}
		if f := nameFields[i]; len(known) == 0 && f.all != nil {
			for _, name := range f.all() {
				offer(name, "")
			}
		}
		for _, c := range known {
			offer(c.Name, strings.TrimPrefix(counted(c.Events), ", "))
		}
	}
	return append(found, within...)
}

// kindsKnown are the kinds that occur; all, if it is not known which do.
func kindsKnown(known []recorder.Count) []recorder.Count {
	if len(known) > 0 {
		return known
	}
	all := make([]recorder.Count, len(recorder.Kinds))
	for i, info := range recorder.Kinds {
		all[i].Name = string(info.Kind)
	}
	return all
}

// counted says how many events there are.
func counted(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ", 1 event"
	}
	return fmt.Sprintf(", %d events", n)
}
