package suite

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/rtcsim/rtcsim/recorder"
)

// ReportFormat is the version of the report's format.
const ReportFormat = 1

// A Header is the first line of a report: what was executed by what. Shards of one suite differ in nothing but their Shard.
type Header struct {
	// Format is the version of the format.
	Format int `json:"rtctest"`
	// Rtcsim, Guest, Machine, Go, Wazero and Modules are the versions of rtcsim and of everything that can move a trace, as in a recording.
	Rtcsim  string            `json:"rtcsim"`
	Guest   string            `json:"guest"`
	Machine int               `json:"machine"`
	Go      string            `json:"go"`
	Wazero  string            `json:"wazero"`
	Modules []recorder.Module `json:"modules"`
	// Selection is what the command line said.
	Selection SelectionText `json:"selection"`
	// Cases counts the cases of all shards, Sum is their digest; see [Sum].
	Cases int    `json:"cases"`
	Sum   string `json:"sum"`
	// Shard is which part of the cases the report is about.
	Shard Shard `json:"shard"`
}

// SelectionText is what was asked for, in the words of the command line.
type SelectionText struct {
	Paths    []string `json:"paths"`
	Seeds    string   `json:"seeds,omitempty"`
	Variants []string `json:"variants,omitempty"`
	Tags     []string `json:"tags,omitempty"`
	Run      string   `json:"run,omitempty"`
	Verify   string   `json:"verify"`
	Packets  string   `json:"packets"`
	Checks   []string `json:"checks,omitempty"`
}

// endLine is the last line of a report.
type endLine struct {
	End *Sums `json:"end"`
}

// A Report writes a report: JSON Lines, the header first, then each result as soon as it is known, then the sums. A report that
// was cut off holds every result until then.
type Report struct{ out io.Writer }

// NewReport begins a report. The header's Format is filled in.
func NewReport(out io.Writer, h Header) (*Report, error) {
	h.Format = ReportFormat
	r := &Report{out}
	return r, r.write(h)
}

// Add writes a result.
func (r *Report) Add(result *Result) error { return r.write(result) }

// Close writes the sums.
func (r *Report) Close(s Sums) error { return r.write(endLine{&s}) }

// write writes a line, at once and in one piece.
func (r *Report) write(v any) error {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	_, err := r.out.Write(line.Bytes())
	return err
}

// A Reading is a report that was read.
type Reading struct {
	Header  Header
	Results []*Result
	// Sums are those of the last line; where the report was cut off, of what is there.
	Sums Sums
	// Cut tells that the report has no end: rtcsim was killed.
	Cut bool
}

// maxLine is the longest line that is read, in bytes.
const maxLine = 64 << 20

// ReadReport reads a report. Where it was cut off, the last line may be broken and is left out.
func ReadReport(in io.Reader) (*Reading, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	lines.Split(scanWhole)
	if !lines.Scan() {
		if err := lines.Err(); err != nil {
			return nil, err
		}
		return nil, errors.New("it is no report of rtcsim test: its first line is missing")
	}
	r := &Reading{}
	if err := json.Unmarshal(lines.Bytes(), &r.Header); err != nil || r.Header.Format == 0 {
		return nil, errors.New("it is no report of rtcsim test: its first line is no header of one")
	}
	if r.Header.Format != ReportFormat {
		return nil, fmt.Errorf("the report has format %d, written by rtcsim %.40q; this rtcsim reads format %d: use one that is as new", r.Header.Format, r.Header.Rtcsim, ReportFormat)
	}
	seen := map[int]bool{}
	var counted Sums
	for n := 2; lines.Scan(); n++ {
		var line struct {
			endLine
			Result
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("line %d was changed after it was written: %w", n, err)
		}
		if line.End != nil {
			r.Sums = *line.End
			if lines.Scan() {
				return nil, fmt.Errorf("line %d comes after the end of the report: two reports in one file?", n+1)
			}
			if r.Sums.Finished != len(r.Results) {
				return nil, fmt.Errorf("the report holds %d results, and its end counts %d: it was changed", len(r.Results), r.Sums.Finished)
			}
			return r, lines.Err()
		}
		result := line.Result
		switch {
		case result.Case == "" || result.Outcome == "":
			return nil, fmt.Errorf("line %d is no result", n)
		case seen[result.Index]:
			return nil, fmt.Errorf("line %d has the case %s a second time", n, result.Case)
		}
		seen[result.Index] = true
		r.Results = append(r.Results, &result)
		counted.Add(&result)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	r.Cut, r.Sums = true, counted
	r.Sums.Cases = r.Header.Shard.size(r.Header.Cases)
	r.Sums.Stopped = StoppedInterrupted
	return r, nil
}

// scanWhole splits lines, and leaves out what no newline ends.
func scanWhole(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF {
		return len(data), nil, nil
	}
	return 0, nil, nil
}
