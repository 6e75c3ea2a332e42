package scenario

import (
	"regexp"
	"strings"
)

var firstSentence = regexp.MustCompile(`^.*?[.!?](\s|$)`)

// Summary returns the first sentence of a description, on one line.
func Summary(description string) string {
	paragraph, _, _ := strings.Cut(strings.TrimSpace(description), "\n\n")
	text := strings.Join(strings.Fields(paragraph), " ")
	if first := firstSentence.FindString(text); first != "" {
		return strings.TrimSpace(first)
	}
	return text
}
