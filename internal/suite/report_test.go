package suite

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/joshdk/go-junit"

	"github.com/rtcsim/rtcsim/recorder"
)

// some are results of every kind, with texts that need escaping in every format. They came in another order than that of their cases.
func some() []*Result {
	const nasty = "50% of <a> & \"b\" ]]>, a:b\r\nnext \x00\x1b[31m `ü` ```"
	all := []*Result{
		{Case: "one.yaml seed=7", Scenario: "one.yaml", File: "one.yaml", Seed: 7, Outcome: Passed, Held: 2, Verified: true},
		{
			Case: "more/two.yaml loss=0% seed=1", Scenario: "more/two.yaml", File: "more/two.yaml", Variant: "loss=0%", Seed: 1, Outcome: Failed, Message: nasty,
			Failures: []Failure{
				{Kind: KindExpectation, Text: nasty, File: "more/two.yaml", Line: 6, Source: nasty, Seen: nasty, Near: []recorder.Nearby{{Seq: 3, Time: time.Second, Text: nasty}}},
				{Kind: "golden", Text: "another", Detail: "-a\n+b\n"},
			},
			Recordings: []string{"kept/more/two.loss=0%.seed=1.rtcrec"}, Replay: "rtcsim replay 'x'", Again: "rtcsim run more/two.yaml",
		},
		{
			Case: "more/two.yaml loss=0% seed=2", Scenario: "more/two.yaml", File: "more/two.yaml", Variant: "loss=0%", Seed: 2, Outcome: Failed, Message: nasty,
			Failures: []Failure{{Kind: KindExpectation, Text: nasty, File: "more/two.yaml", Line: 6}, {Kind: "golden", Text: "another"}},
		},
		{Case: "nat/matrix seed=1", Scenario: "nat/matrix", Seed: 1, Outcome: Diverged, Failures: []Failure{{Kind: KindDiverged, Text: "other events"}}},
		{Case: "nat/matrix seed=2", Scenario: "nat/matrix", Seed: 2, Outcome: Limit, Failures: []Failure{{Kind: KindLimit, Text: "memory"}}},
		{Case: "nat/matrix seed=3", Scenario: "nat/matrix", Seed: 3, Outcome: Crashed, Failures: []Failure{{Kind: KindCrashed, Text: "panic", Detail: "goroutine 1\n"}}},
	}
	for i, r := range all {
		r.Index, r.Wall, r.Virtual, r.Memory = i, time.Duration(i+1)*1234*time.Microsecond, time.Second, int64(i)<<20
	}
	all[0], all[4] = all[4], all[0]
	return all
}

func sumsOf(results []*Result) Sums {
	s := Sums{Cases: len(results), Wall: time.Second}
	for _, r := range results {
		s.Add(r)
	}
	return s
}

var header = Header{Rtcsim: "v1", Guest: "abc", Machine: 1, Go: "go1", Wazero: "v2", Modules: []recorder.Module{{Path: "github.com/pion/ice/v4", Version: "v4"}},
	Selection: SelectionText{Paths: []string{"."}, Verify: "5%", Packets: "full"}, Cases: 6, Sum: "123", Shard: Shard{1, 1}}

// report returns the text of a report.
func report(t *testing.T, h Header, results []*Result) []byte {
	t.Helper()
	var out bytes.Buffer
	r, err := NewReport(&out, h)
	for _, result := range results {
		err = errors.Join(err, r.Add(result))
	}
	if err = errors.Join(err, r.Close(sumsOf(results))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestReport(t *testing.T) {
	text := report(t, header, some())
	r, err := ReadReport(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := header
	want.Format = ReportFormat
	// What is no character in JSON is replaced; nothing else is lost.
	if diff := cmp.Diff(&Reading{Header: want, Results: some(), Sums: sumsOf(some())}, r); diff != "" {
		t.Error(diff)
	}
}

// TestReportCut reads a report that was cut off after each byte. Every result that was whole is there.
func TestReportCut(t *testing.T) {
	text := report(t, header, some())
	lines := bytes.SplitAfter(text, []byte("\n"))
	for n := len(lines[0]); n < len(text); n++ {
		r, err := ReadReport(bytes.NewReader(text[:n]))
		if err != nil {
			t.Fatalf("after %d bytes: %v", n, err)
		}
		whole := min(bytes.Count(text[:n], []byte("\n"))-1, len(some()))
		if !r.Cut || len(r.Results) != whole || r.Sums.Finished != whole || r.Sums.Status() != Incomplete || r.Sums.Cases != 6 {
			t.Fatalf("after %d bytes, it has %d results, want %d; cut: %t; %+v", n, len(r.Results), whole, r.Cut, r.Sums)
		}
	}
	for n := range len(lines[0]) {
		if _, err := ReadReport(bytes.NewReader(text[:n])); err == nil || !strings.Contains(err.Error(), "no report of rtcsim test") {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
}

func TestReportWrong(t *testing.T) {
	text := string(report(t, header, some()))
	lines := strings.SplitAfter(text, "\n")
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "no report of rtcsim test"},
		{"another file", "{}\n", "its first line is no header"},
		{"a newer format", strings.Replace(text, `"rtctest":1`, `"rtctest":2`, 1), "the report has format 2, written by rtcsim \"v1\"; this rtcsim reads format 1"},
		{"twice", text + text, "line 9 comes after the end"},
		{"a result twice", lines[0] + lines[1] + lines[1], "line 3 has the case nat/matrix seed=2 a second time"},
		{"a result less", lines[0] + strings.Join(lines[2:], ""), "the report holds 5 results, and its end counts 6"},
		{"garbage", lines[0] + "garbage\n", "line 2 was changed"},
		{"no result", lines[0] + "{}\n", "line 2 is no result"},
	} {
		if _, err := ReadReport(strings.NewReader(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %q", test.name, err, test.want)
		}
	}
}

// shards returns the readings of the reports of so many shards of all cases.
func shards(t *testing.T, n int) (names []string, all []*Reading) {
	t.Helper()
	results := some()
	for i := 1; i <= n; i++ {
		h := header
		h.Shard = Shard{i, n}
		var own []*Result
		for _, r := range results {
			if r.Index%n == i-1 {
				own = append(own, r)
			}
		}
		r, err := ReadReport(bytes.NewReader(report(t, h, own)))
		if err != nil {
			t.Fatal(err)
		}
		names, all = append(names, fmt.Sprintf("shard-%d.jsonl", i)), append(all, r)
	}
	return names, all
}

// TestMerge sees that shards, in any order, give what one report of all cases is.
func TestMerge(t *testing.T) {
	one, err := ReadReport(bytes.NewReader(report(t, header, some())))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Merge([]string{"all.jsonl"}, []*Reading{one})
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 6; n++ {
		names, all := shards(t, n)
		slices.Reverse(names)
		slices.Reverse(all)
		m, err := Merge(names, all)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole, m, cmpopts.IgnoreFields(Sums{}, "Wall")); diff != "" {
			t.Errorf("%d shards are not the same as all cases:\n%s", n, diff)
		}
	}
}

func TestMergeIncomplete(t *testing.T) {
	names, all := shards(t, 4)
	m, err := Merge(names[1:3], all[1:3])
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(m.Missing) != "[1/4 4/4]" || m.Sums.Status() != Incomplete || m.Sums.Cases != 6 || m.Sums.Finished != 3 || m.Sums.Stopped != StoppedMissing {
		t.Errorf("missing are %v, the sums are %+v", m.Missing, m.Sums)
	}
	all[2].Cut, all[2].Sums.Stopped = true, StoppedInterrupted
	if m, err = Merge(names, all); err != nil || fmt.Sprint(m.Cut) != "[3/4]" || m.Sums.Status() != Incomplete || m.Missing != nil {
		t.Errorf("cut are %v, the sums are %+v, %v", m.Cut, m.Sums, err)
	}
}

func TestMergeRefuses(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(names []string, all []*Reading)
		want   string
	}{
		{"a shard twice", func(names []string, all []*Reading) { all[1].Header.Shard.Index = 1 }, "shard-1.jsonl and shard-2.jsonl are both of shard 1/4"},
		{"another rtcsim", func(_ []string, all []*Reading) { all[3].Header.Rtcsim = "v2" }, "shard-1.jsonl and shard-4.jsonl are not of one suite: they differ in the version of rtcsim"},
		{"another guest", func(_ []string, all []*Reading) { all[1].Header.Guest = "def"; all[1].Header.Modules = nil }, "they differ in the guest, the modules"},
		{"another selection", func(_ []string, all []*Reading) { all[1].Header.Selection.Seeds = "20"; all[1].Header.Cases = 120 }, "they differ in the selection, the number of cases"},
		{"other texts", func(_ []string, all []*Reading) { all[2].Header.Sum = "456" }, "they differ in the cases or the texts of their scenarios"},
		{"another number of shards", func(_ []string, all []*Reading) { all[2].Header.Shard.Count = 5 }, "they differ in the number of shards"},
		{"no such shard", func(_ []string, all []*Reading) { all[2].Header.Shard.Index = 5 }, "the shard 5/4, which there cannot be"},
		{"a case twice", func(_ []string, all []*Reading) { all[1].Results[0].Index = all[0].Results[0].Index }, "is in the reports of two shards"},
	} {
		names, all := shards(t, 4)
		test.change(names, all)
		if _, err := Merge(names, all); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %q", test.name, err, test.want)
		}
	}
	if _, err := Merge(nil, nil); err == nil {
		t.Error("nothing was merged")
	}
}

// memory is a file in memory.
type memory struct{ text []byte }

func (m *memory) WriteAt(b []byte, at int64) (int, error) {
	if need := int(at) + len(b); need > len(m.text) {
		m.text = append(m.text, make([]byte, need-len(m.text))...)
	}
	return copy(m.text[at:], b), nil
}

// TestJUnit reads a JUnit file with another program's parser after every result.
func TestJUnit(t *testing.T) {
	file := &memory{}
	j, err := NewJUnit(file, header, time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	results := some()
	for n := 0; ; n++ {
		suites, err := junit.Ingest(file.text)
		if err != nil || len(suites) != 1 {
			t.Fatalf("after %d results: %v, %d suites\n%s", n, err, len(suites), file.text)
		}
		sums := sumsOf(results[:n])
		got := suites[0].Totals
		if got.Tests != n || got.Passed != sums.Passed || got.Failed != sums.Failed+sums.Diverged || got.Error != sums.Limit+sums.Crashed || got.Skipped != 0 {
			t.Errorf("after %d results, the totals are %+v, want those of %+v", n, got, sums)
		}
		var declared struct {
			Suite struct {
				Tests    int    `xml:"tests,attr"`
				Failures int    `xml:"failures,attr"`
				Errors   int    `xml:"errors,attr"`
				At       string `xml:"timestamp,attr"`
			} `xml:"testsuite"`
		}
		if err := xml.Unmarshal(file.text, &declared); err != nil {
			t.Fatal(err)
		}
		if s := declared.Suite; s.Tests != n || s.Failures != got.Failed || s.Errors != got.Error || s.At != "2024-02-29T12:00:00" {
			t.Errorf("after %d results, the counts are %+v", n, s)
		}
		accepted(t, file.text)
		if n == len(results) {
			test := suites[0].Tests[1]
			if test.Classname != "more.two" || test.Name != "loss=0% seed=1" || test.Duration.Round(time.Millisecond) != 2*time.Millisecond {
				t.Errorf("the second test is %+v", test)
			}
			if message := test.Message; !strings.HasPrefix(message, "50% of <a> & \"b\" ]]>, a:b") || !strings.HasSuffix(message, "(more/two.yaml:6), and 1 more") {
				t.Errorf("its message is %q", message)
			}
			if text := test.Error.Error(); !strings.Contains(text, "more/two.yaml:6: 50% of <a>") || !strings.Contains(text, "  +b\n") || !strings.Contains(text, "again: rtcsim run more/two.yaml") {
				t.Errorf("its text is %q", text)
			}
			if test.SystemOut != "[[ATTACHMENT|kept/more/two.loss=0%.seed=1.rtcrec]]\n" {
				t.Errorf("its output is %q", test.SystemOut)
			}
			return
		}
		if err := j.Add(results[n]); err != nil {
			t.Fatal(err)
		}
	}
}

// accepted sees that a file has nothing but what the schema of Jenkins' xUnit plugin (junit-10.xsd) allows. Where xmllint is installed and
// JUNIT_XSD names the schema, it is asked, too.
func accepted(t *testing.T, text []byte) {
	t.Helper()
	elements := map[string]struct{ within, required, optional string }{
		"testsuites": {"", "", "name time tests failures errors"},
		"testsuite":  {"testsuites", "name tests failures errors", "group time skipped timestamp hostname id package file log url"},
		"properties": {"testsuite", "", ""},
		"property":   {"properties", "name value", ""},
		"testcase":   {"testsuite", "name", "time classname group"},
		"failure":    {"testcase", "", "type message"},
		"error":      {"testcase", "", "type message"},
		"system-out": {"testcase", "", ""},
	}
	seconds := regexp.MustCompile(`^[0-9]*\.[0-9]{3}$`)
	decoder := xml.NewDecoder(bytes.NewReader(text))
	within := []string{""}
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e, ok := elements[token.Name.Local]
			if !ok || e.within != within[len(within)-1] {
				t.Errorf("there is a %s in a %q", token.Name.Local, within[len(within)-1])
			}
			required := strings.Fields(e.required)
			for _, a := range token.Attr {
				name := a.Name.Local
				required = slices.DeleteFunc(required, func(r string) bool { return r == name })
				if !slices.Contains(strings.Fields(e.required+" "+e.optional), name) {
					t.Errorf("%s has no attribute %s", token.Name.Local, name)
				}
				if name == "time" && !seconds.MatchString(a.Value) {
					t.Errorf("the time of %s is %q", token.Name.Local, a.Value)
				}
			}
			if len(required) > 0 {
				t.Errorf("%s lacks %v", token.Name.Local, required)
			}
			within = append(within, token.Name.Local)
		case xml.EndElement:
			within = within[:len(within)-1]
		}
	}
	schema := os.Getenv("JUNIT_XSD")
	if schema == "" {
		return
	}
	cmd := exec.Command("xmllint", "--noout", "--schema", schema, "-")
	cmd.Stdin = bytes.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("xmllint: %v\n%s", err, out)
	}
}

// TestJUnitFile sees that a file has its results in the order of their cases when it is closed, and before that as they came.
func TestJUnitFile(t *testing.T) {
	t.Chdir(t.TempDir())
	names := func() (all []string) {
		suites, err := junit.IngestFile("results.xml")
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range suites[0].Tests {
			all = append(all, test.Classname+" "+test.Name)
		}
		return all
	}
	f, err := CreateJUnit("results.xml", header, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range some() {
		if err := f.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(); got[0] != "nat.matrix seed=2" {
		t.Errorf("before it is closed: %v", got)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got := names(); got[0] != "one seed=7" || len(got) != 6 {
		t.Errorf("when it is closed: %v", got)
	}
	if left := files(t, "."); len(left) != 1 {
		t.Errorf("it left %v", left)
	}
}

// TestAnnotate sees that annotations have the form that GitHub documents, and mean what they are to say when they are read as its runner does.
func TestAnnotate(t *testing.T) {
	var out strings.Builder
	if err := Annotate(&out, some(), ""); err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`^::(error|notice) ((?:[a-z]+=[^:,\r\n]*,?)+)::([^\r\n]*)$`)
	var got []string
	for _, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
		m := command.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("this is no workflow command: %q", line)
			continue
		}
		text := m[1]
		for property := range strings.SplitSeq(m[2], ",") {
			name, value, _ := strings.Cut(property, "=")
			text += " " + name + " is " + unescape(value) + ";"
		}
		first, _, _ := strings.Cut(unescape(m[3]), "\n")
		got = append(got, text+" "+first)
	}
	want := []string{
		"error file is more/two.yaml; line is 6; title is more/two.yaml loss=0% seed=1: failed; 50% of <a> & \"b\" ]]>, a:b\r",
		"error file is more/two.yaml; line is 1; title is more/two.yaml loss=0% seed=1: failed; another",
		"error title is nat/matrix seed=1: diverged; other events",
		"error title is nat/matrix seed=2: limit; memory",
		"error title is nat/matrix seed=3: crashed; panic",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(out.String(), "%0Athe same with 1 other seed 2%0A") {
		t.Errorf("the other seed is not told:\n%s", &out)
	}
}

// unescape reads what escapeProperty and escapeData wrote, as GitHub's runner does.
func unescape(text string) string {
	for _, c := range []struct{ from, to string }{{"%0D", "\r"}, {"%0A", "\n"}, {"%3A", ":"}, {"%2C", ","}, {"%25", "%"}} {
		text = strings.ReplaceAll(text, c.from, c.to)
	}
	return text
}

// TestAnnotateMany sees that no more annotations are made than GitHub shows, and that it is told.
func TestAnnotateMany(t *testing.T) {
	var many []*Result
	for i := range 25 {
		many = append(many, &Result{Index: i, Case: fmt.Sprintf("c%d.yaml seed=1", i), Scenario: fmt.Sprintf("c%d.yaml", i), File: fmt.Sprintf("c%d.yaml", i), Outcome: Failed, Failures: []Failure{{Text: "x", Line: 1}}})
	}
	var out strings.Builder
	if err := Annotate(&out, many, ""); err != nil {
		t.Fatal(err)
	}
	if errors := strings.Count(out.String(), "::error "); errors != 10 || !strings.HasSuffix(out.String(), "::notice title=rtcsim::15 more are in the log: GitHub shows 10 annotations of a step\n") {
		t.Errorf("there are %d:\n%s", errors, &out)
	}
}

func TestInWorkspace(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(dir+"/repository/calls", 0o777); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir + "/repository/calls")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	repository := strings.TrimSuffix(here, "/calls")
	for _, test := range []struct{ file, workspace, want string }{
		{"call.yaml", "", "call.yaml"},
		{"call.yaml", repository, "calls/call.yaml"},
		{"../other.yaml", repository, "other.yaml"},
		{here + "/call.yaml", repository, "calls/call.yaml"},
		{"../../outside.yaml", repository, "../../outside.yaml"},
	} {
		if got := inWorkspace(test.file, test.workspace); got != test.want {
			t.Errorf("%s in %s is %s, want %s", test.file, test.workspace, got, test.want)
		}
	}
}

func TestMarkdown(t *testing.T) {
	var out strings.Builder
	if err := (Summary{Sums: sumsOf(some()), Results: some()}).Markdown(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"### ❌ rtcsim test: 1 of 6 cases passed\n",
		"\n| nat | 3 | 0 | 0 | 1 | 1 | 1 |\n",
		"\n````\nthe same with 1 other seed 2\n50% of", // longer than the ``` in it
		"<code>nat/matrix seed=3</code> crashed",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
}
