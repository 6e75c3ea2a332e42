package filter

import (
	"strconv"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// word asks for text, in lower case.
type word string

func (w word) entry(e recorder.Entry) Answer {
	if e.Kind == "" {
		return No
	}
	if containsFold([]byte(e.Peer), []byte(w)) || containsFold([]byte(e.Kind), []byte(w)) {
		return Yes
	}
	return Maybe
}

func (w word) match(s *subject) bool {
	if answer := w.entry(s.entry); answer != Maybe {
		return answer == Yes
	}
	n, err := strconv.ParseUint(string(w), 10, 64)
	return search(s.data(), word(w), err == nil && strconv.FormatUint(n, 10) == string(w))
}

// search looks for the word in a value and in those in it; as a whole number, too, if that is what the word is.
func search(value []byte, w word, isNumber bool) bool {
	if len(value) == 0 {
		return false
	}
	switch value[0] {
	case '{':
		for key, v := range members(value) {
			if !bytesOnly[string(key)] && search(v, w, isNumber) {
				return true
			}
		}
	case '[':
		for v := range elements(value) {
			if search(v, w, isNumber) {
				return true
			}
		}
	case '"':
		return containsFold(text(value), []byte(w))
	default:
		return isNumber && string(value) == string(w)
	}
	return false
}

// bytesOnly are the members that hold bytes. Text that is found in their base64 is there by chance.
var bytesOnly = map[string]bool{"payload": true, "binary": true, "clientRandom": true, "masterSecret": true}

func (w word) String() string {
	if plain(string(w)) {
		return string(w)
	}
	return quote(string(w))
}

func (w word) noun() string { return "" }

func (w word) clause(string) (holds, fails string) {
	return "that mention “" + string(w) + "”", "that do not mention “" + string(w) + "”"
}

// plain reports whether a word means itself where it stands without quotes.
func plain(w string) bool {
	if w == "" || strings.ContainsAny(w, " \t\r\n()\"|&") || strings.HasPrefix(w, "-") || strings.HasPrefix(w, "!") || keyword(w) {
		return false
	}
	if flagNamed(w) != nil {
		return false
	}
	name, op, _ := cutOperator(w)
	return name == "" || op == ""
}

// quote quotes text.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// keyword reports whether a word joins terms.
func keyword(w string) bool {
	switch strings.ToLower(w) {
	case "or", "and", "not":
		return true
	}
	return false
}
