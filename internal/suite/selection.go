package suite

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/scenario"
)

// A Selection says which cases of some scenarios are executed. The zero value takes each variant of each scenario with the scenario's
// own seed, and verifies none.
type Selection struct {
	// Seeds are the seeds that each variant is run with.
	Seeds Seeds
	// Variants are values of the matrix, such as "nat=symmetric": only the variants with all of them are taken.
	Variants []string
	// Tags are tags of scenarios: one of them must be among the scenario's. A tag with a ! before it must not be.
	Tags []string
	// Run must match the ID of a case, or the name of its scenario. Nil matches all.
	Run *regexp.Regexp
	// Verify is the part of the cases that is executed twice.
	Verify Share
}

// An InvalidError tells that scenarios are wrong, all of it.
type InvalidError struct {
	// Wrong are the errors of all files, file by file.
	Wrong scenario.ErrorList
	// Invalid is how many of Files scenarios are wrong.
	Invalid, Files int
}

func (e *InvalidError) Error() string { return e.Wrong.Error() }

// Pretty returns the errors with the lines of the files.
func (e *InvalidError) Pretty() string { return e.Wrong.Pretty() }

// ErrNothing is wrapped by the error of Select where no case is left.
var ErrNothing = errors.New("no case is selected")

// Select returns the cases, in the order of the scenarios, their variants and the seeds. The error is an *[InvalidError] where
// scenarios are wrong, and wraps [ErrNothing] where nothing is left, saying what there is.
func Select(sources []*library.Source, s Selection) ([]*Case, error) {
	invalid := &InvalidError{Files: len(sources)}
	var cases []*Case
	var tags []string
	count := 0
	for _, source := range sources {
		all, err := source.All()
		var list scenario.ErrorList
		if errors.As(err, &list) {
			invalid.Wrong = append(invalid.Wrong, list...)
			invalid.Invalid++
			continue
		}
		for _, v := range all {
			tags = append(tags, v.Tags...)
			for _, seed := range s.Seeds.or(v.Seed) {
				count++
				c := &Case{Source: source, Scenario: v, Seed: seed}
				if s.takes(c) {
					c.Index = len(cases)
					cases = append(cases, c)
				}
			}
		}
	}
	if invalid.Invalid > 0 {
		return nil, invalid
	}
	if len(cases) == 0 {
		slices.Sort(tags)
		hint := "leave out --run, --tags and --variant to see all"
		if len(s.Tags) > 0 && len(tags) > 0 {
			hint = "the tags are " + strings.Join(slices.Compact(tags), ", ")
		}
		return nil, fmt.Errorf("%w of %d; %s", ErrNothing, count, hint)
	}
	s.Verify.sample(cases)
	return cases, nil
}

// takes tells whether a case is selected.
func (s Selection) takes(c *Case) bool {
	settings := "," + c.Scenario.Variant + ","
	for _, value := range s.Variants {
		if !strings.Contains(settings, ","+value+",") {
			return false
		}
	}
	wanted, found := false, false
	for _, tag := range s.Tags {
		if not, ok := strings.CutPrefix(tag, "!"); ok {
			if slices.Contains(c.Scenario.Tags, not) {
				return false
			}
			continue
		}
		wanted = true
		found = found || slices.Contains(c.Scenario.Tags, tag)
	}
	if wanted && !found {
		return false
	}
	return s.Run == nil || s.Run.MatchString(c.ID()) || s.Run.MatchString(c.Scenario.Name)
}

// Sum returns a digest of cases: of which they are, and of all that their scenarios say. Shards of one suite have the same.
func Sum(cases []*Case) string {
	sum := sha256.New()
	var last *library.Source
	for _, c := range cases {
		fmt.Fprintf(sum, "%s\x00%t\x00", c.ID(), c.Verify)
		if c.Source == last {
			continue
		}
		last = c.Source
		sum.Write(last.Text)
		for _, path := range c.Scenario.Files[1:] {
			fmt.Fprintf(sum, "\x00%s\x00%s", path, last.Included(path))
		}
		sum.Write([]byte{0})
	}
	return hex.EncodeToString(sum.Sum(nil))
}
