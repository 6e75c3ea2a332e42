package screen

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	blue, ground := Colour{Set: true, Index: 75}, Colour{Set: true, Index: 236}
	plain := func(text string) Cell { return Cell{Text: text} }
	for _, tt := range []struct {
		name, text string
		want       []Cell
	}{
		{"plain", "ab", []Cell{plain("a"), plain("b"), {}}},
		{"too long", "abcdef", []Cell{plain("a"), plain("b"), plain("c")}},
		{"colours", "\x1b[1;38;5;75ma\x1b[48;5;236mb\x1b[0mc", []Cell{
			{"a", Style{Foreground: blue, Bold: true}}, {"b", Style{Foreground: blue, Background: ground, Bold: true}}, plain("c")}},
		{"reset", "\x1b[7ma\x1b[mb", []Cell{{"a", Style{Reverse: true}}, plain("b"), {}}},
		{"basic and direct", "\x1b[31ma\x1b[39;97mb\x1b[38;2;1;2;3mc", []Cell{
			{"a", Style{Foreground: Colour{Set: true, Index: 1}}}, {"b", Style{Foreground: Colour{Set: true, Index: 15}}},
			{"c", Style{Foreground: Colour{Set: true, Direct: true, R: 1, G: 2, B: 3}}}}},
		{"wide", "世\x1b[4m界", []Cell{plain("世"), {}, {}}},
		{"other sequences", "\x1b[2Ka\x1b(Bb", []Cell{plain("a"), plain("b"), {}}},
		{"cut off", "a\x1b[", []Cell{plain("a"), {}, {}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff([][]Cell{tt.want}, Parse(tt.text+"\n", 3).Lines); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestSVG checks that a picture is XML, is always the same and has what is on the screen.
func TestSVG(t *testing.T) {
	s := Parse("\x1b[1ma<b&c\x1b[0m ─┼╮█▁⣿ \x1b[38;5;75m▶ go\x1b[0m\n\x1b[7mon\x1b[0m 世界", 20)
	var first bytes.Buffer
	if err := s.SVG(&first, Dark); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		var again bytes.Buffer
		if err := s.SVG(&again, Dark); err != nil || again.String() != first.String() {
			t.Fatal("it is another picture", err)
		}
	}
	var text strings.Builder
	for d := xml.NewDecoder(&first); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if data, ok := token.(xml.CharData); ok {
			text.Write(data)
		}
	}
	for _, want := range []string{"a<b&c", "▶", "go", "on", "世界"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not there", want)
		}
	}
}
