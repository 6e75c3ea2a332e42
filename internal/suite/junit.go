package suite

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// JUnit writes results in the JUnit XML that Jenkins, GitLab and others read. The file is whole after each result: the result is
// written over the closing tags, in one write with new ones, and the counts are in places of a fixed width.
type JUnit struct {
	out    io.WriterAt
	tests  counts
	head   int64 // where the counts are
	end    int64 // where the closing tags are
	name   string
	began  time.Time
	length int // of the counts
}

type counts struct {
	tests, failures, errors int
	wall                    time.Duration
}

const junitEnd = "</testsuite>\n</testsuites>\n"

// NewJUnit begins a file. The timestamp is when the suite began; the zero time leaves it out.
func NewJUnit(out io.WriterAt, h Header, began time.Time) (*JUnit, error) {
	j := &JUnit{out: out, began: began, name: "rtcsim"}
	if h.Shard.Count > 1 {
		j.name += " " + h.Shard.String()
	}
	text := xml.Header + "<testsuites>\n"
	j.head = int64(len(text))
	suite := j.suite()
	j.length = len(suite)
	var properties bytes.Buffer
	properties.WriteString("<properties>\n")
	for _, p := range []struct{ name, value string }{
		{"rtcsim", h.Rtcsim}, {"guest", h.Guest}, {"go", h.Go}, {"wazero", h.Wazero},
	} {
		fmt.Fprintf(&properties, "<property name=\"%s\" value=\"%s\"/>\n", p.name, escapeXML(p.value))
	}
	for _, m := range h.Modules {
		fmt.Fprintf(&properties, "<property name=\"%s\" value=\"%s\"/>\n", escapeXML(m.Path), escapeXML(m.Version))
	}
	properties.WriteString("</properties>\n")
	text += suite + properties.String()
	j.end = int64(len(text))
	_, err := out.WriteAt([]byte(text+junitEnd), 0)
	return j, err
}

// suite returns the opening tag with the counts. Its length is always the same.
func (j *JUnit) suite() string {
	attribute := func(name string, width int, value string) string {
		return fmt.Sprintf("%-*s", len(name)+width+3, fmt.Sprintf(`%s="%s"`, name, value))
	}
	text := fmt.Sprintf(`<testsuite name="%s" `, escapeXML(j.name))
	text += attribute("tests", 8, fmt.Sprint(j.tests.tests)) + " "
	text += attribute("failures", 8, fmt.Sprint(j.tests.failures)) + " "
	text += attribute("errors", 8, fmt.Sprint(j.tests.errors)) + " "
	text += `skipped="0" ` + attribute("time", 12, seconds(j.tests.wall))
	if !j.began.IsZero() {
		text += fmt.Sprintf(` timestamp="%s"`, j.began.UTC().Format("2006-01-02T15:04:05"))
	}
	return text + ">\n"
}

// Add writes a result.
func (j *JUnit) Add(r *Result) error {
	j.tests.tests++
	j.tests.wall += r.Wall
	switch r.Outcome {
	case Failed, Diverged:
		j.tests.failures++
	case Limit, Crashed:
		j.tests.errors++
	}
	test := testcase(r)
	// A process that is killed between these two writes leaves a file that is whole, too, with counts that are one behind.
	if _, err := j.out.WriteAt([]byte(test+junitEnd), j.end); err != nil {
		return err
	}
	j.end += int64(len(test))
	_, err := j.out.WriteAt([]byte(j.suite()), j.head)
	return err
}

// testcase returns the element of a result: the scenario is the class, its variant and seed are the test.
func testcase(r *Result) string {
	class := strings.NewReplacer(".", "_", "/", ".").Replace(strings.TrimSuffix(r.Scenario, ".yaml"))
	name := strings.TrimPrefix(r.Case, r.Scenario+" ")
	var b bytes.Buffer
	fmt.Fprintf(&b, `<testcase classname="%s" name="%s" time="%s"`, escapeXML(strings.Trim(class, ".")), escapeXML(name), seconds(r.Wall))
	if r.Outcome == Passed {
		b.WriteString("/>\n")
		return b.String()
	}
	element := "failure"
	if r.Outcome == Limit || r.Outcome == Crashed {
		element = "error"
	}
	message := r.Message
	if len(r.Failures) > 0 {
		message = r.Failures[0].Text
		if f := r.Failures[0]; f.Line > 0 {
			message += fmt.Sprintf(" (%s:%d)", f.File, f.Line)
		}
		if n := len(r.Failures) - 1; n > 0 {
			message += fmt.Sprintf(", and %d more", n)
		}
	}
	fmt.Fprintf(&b, ">\n<%s type=\"%s\" message=\"%s\">%s</%[1]s>\n", element, r.Outcome, escapeXML(message), escapeXML(r.text()))
	if len(r.Recordings) > 0 {
		b.WriteString("<system-out>")
		for _, recording := range r.Recordings {
			fmt.Fprintf(&b, "[[ATTACHMENT|%s]]\n", escapeXML(recording)) // as GitLab and Jenkins find files
		}
		b.WriteString("</system-out>\n")
	}
	b.WriteString("</testcase>\n")
	return b.String()
}

// escapeXML escapes a text for XML. A character that XML cannot have becomes U+FFFD.
func escapeXML(text string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(text)) // a buffer does not fail
	return b.String()
}

// seconds writes a time as JUnit has it.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
