package scenario

import (
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// The types of lines of an SDP in their order (RFC 8866, section 5): of the session, and of each media description.
const (
	sessionLines = "vosiuepcbtrzka"
	mediaLines   = "micbka"
)

// sdpForms are the forms of lines that every SDP has. What attributes mean, pion finds out.
var sdpForms = map[byte]struct {
	form *regexp.Regexp
	hint string
}{
	'v': {regexp.MustCompile(`^0$`), "v=0 is the only version (RFC 8866, section 5.1)"},
	'o': {regexp.MustCompile(`^\S+ \d+ \d+ IN IP[46] \S+$`), "such as o=- 1 1 IN IP4 0.0.0.0 (RFC 8866, section 5.2)"},
	's': {regexp.MustCompile(`.`), "such as s=- (RFC 8866, section 5.3)"},
	'c': {regexp.MustCompile(`^IN IP[46] \S+$`), "such as c=IN IP4 0.0.0.0 (RFC 8866, section 5.7)"},
	't': {regexp.MustCompile(`^\d+ \d+$`), "such as t=0 0 (RFC 8866, section 5.9)"},
	'm': {regexp.MustCompile(`^(audio|video|text|application|message|image) \d+(/\d+)? \S+( \S+)+$`), "such as m=application 9 UDP/DTLS/SCTP webrtc-datachannel (RFC 8866, section 5.14)"},
	'a': {regexp.MustCompile(`^[^\s:]+(:.*)?$`), "such as a=sendrecv or a=mid:0 (RFC 8866, section 5.13)"},
}

// checkSDP finds the first thing that is wrong with the form of an SDP.
func (r *reader) checkSDP(n *yaml.Node) {
	section, at := sessionLines, -1
	have := map[byte]bool{}
	lines := strings.Split(strings.TrimRight(n.Value, "\r\n"), "\n")
	fail := func(i int, hint, format string, args ...any) {
		r.errorf(r.sdpPlace(n, lines, i), "bad-sdp", hint, "line %d of the SDP: %s", i+1, fmt.Sprintf(format, args...))
	}
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		if len(line) < 2 || line[1] != '=' {
			fail(i, "a line is a letter, = and a value", "%s is no line of an SDP", quote(line))
			return
		}
		kind := line[0]
		if kind == 'm' {
			for _, needed := range []byte("vost") {
				if !have[needed] {
					fail(i, sdpForms[needed].hint, "there is no line %c= before it", needed)
					return
				}
			}
			section, at = mediaLines, -1
		}
		switch order := strings.IndexByte(section, kind); {
		case order < 0 && strings.IndexByte(sessionLines+mediaLines, kind) >= 0:
			fail(i, "it belongs before the first m=", "a media description has no %c=", kind)
			return
		case order < 0:
			fail(i, "", "there is no line of the type %c=", kind)
			return
		case order < at && !(kind == 't' && section[at] == 'r'):
			fail(i, "the order is that of RFC 8866, section 5: "+strings.Join(strings.Split(section, ""), "= ")+"=", "%c= cannot come after %c=", kind, section[at])
			return
		case i == 0 && kind != 'v':
			fail(i, sdpForms['v'].hint, "an SDP begins with v=0")
			return
		default:
			at = order
		}
		have[kind] = true
		if f, ok := sdpForms[kind]; ok && !f.form.MatchString(line[2:]) {
			fail(i, f.hint, "%s is not as it should be", quote(line))
			return
		}
	}
	for _, needed := range []byte("vost") {
		if !have[needed] {
			fail(len(lines)-1, sdpForms[needed].hint, "there is no line %c= up to here", needed)
			return
		}
	}
}

// sdpPlace returns where in the file a line of an SDP is, which for a text in quotes is only known of the first.
func (r *reader) sdpPlace(n *yaml.Node, lines []string, line int) Pos {
	pos := position(n)
	if n.Style&yaml.LiteralStyle == 0 {
		offset := 0
		for _, l := range lines[:line] {
			offset += len([]rune(l)) + 1
		}
		return r.place(n, offset)
	}
	pos.Line += line + 1
	pos.Column = 1
	if text := r.files[pos.File].lines; pos.Line <= len(text) {
		source := text[pos.Line-1]
		pos.Column += len(source) - len(strings.TrimLeft(source, " "))
	}
	return pos
}
