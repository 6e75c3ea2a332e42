package suite

import (
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/internal/library"
)

func TestParseSeeds(t *testing.T) {
	tests := []struct {
		text string
		want []uint64
		err  string
	}{
		{"", nil, ""},
		{"1", []uint64{1}, ""},
		{"3", []uint64{1, 2, 3}, ""},
		{"100..102", []uint64{100, 101, 102}, ""},
		{"7..7", []uint64{7}, ""},
		{"0..1", []uint64{0, 1}, ""},
		{"1,7,9", []uint64{1, 7, 9}, ""},
		{"9,1..3", []uint64{9, 1, 2, 3}, ""},
		{"5,", nil, `"" is no seed`},
		{"18446744073709551614..18446744073709551615", []uint64{math.MaxUint64 - 1, math.MaxUint64}, ""},
		{"0", nil, "is not between 1 and"},
		{"1000001", nil, "is not between 1 and"},
		{"0..18446744073709551615", nil, "more than 1000000 seeds"},
		{"1..999999,2000000..2000001", nil, "more than 1000000 seeds"},
		{"9..1", nil, "goes backwards"},
		{"1,2,1", nil, "the seed 1 is there twice"},
		{"1..3,2", nil, "the seed 2 is there twice"},
		{"-1", nil, "is no seed"},
		{"1..", nil, "is no seed"},
		{"..4", nil, "is no seed"},
		{"1...4", nil, "is no seed"},
		{"many", nil, "give a number of seeds (20), a range (100..199) or a list (1,7,9)"},
		{"1, 2", nil, "is no seed"},
		{"18446744073709551616", nil, "is no seed"},
	}
	for _, test := range tests {
		got, err := ParseSeeds(test.text)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q: the error is %v, want one with %q", test.text, err, test.err)
			}
			continue
		}
		if err != nil || !slices.Equal(got.list, test.want) || got.String() != test.text {
			t.Errorf("%q is %v (%q), %v; want %v", test.text, got.list, got, err, test.want)
		}
		if len(got.list) > 0 {
			if again, err := ParseSeeds(ranges(got.list)); len(got.list) > 1 && (err != nil || !slices.Equal(again.list, got.list)) {
				t.Errorf("%q is written as %s, which is %v, %v", test.text, ranges(got.list), again.list, err)
			}
		}
	}
}

func TestSelect(t *testing.T) {
	all := []string{"more/two.yaml loss=0% seed=1", "more/two.yaml loss=5% seed=1", "one.yaml seed=7"}
	tests := []struct {
		name      string
		selection Selection
		want      []string
	}{
		{"all, with the scenarios' own seeds", Selection{}, all},
		{"seeds", Selection{Seeds: seeds(t, "2"), Run: regexp.MustCompile("^one")}, []string{"one.yaml seed=1", "one.yaml seed=2"}},
		{"a variant", Selection{Variants: []string{"loss=5%"}}, all[1:2]},
		{"no part of a value", Selection{Variants: []string{"loss=0%"}}, all[:1]},
		{"a tag", Selection{Tags: []string{"nat"}}, all[2:]},
		{"one of two tags", Selection{Tags: []string{"nat", "slow"}}, all},
		{"not a tag", Selection{Tags: []string{"!slow"}}, all[2:]},
		{"a tag and not another", Selection{Tags: []string{"short", "slow", "!nat"}}, all[:2]},
		{"an ID", Selection{Run: regexp.MustCompile("loss=5% seed=1$")}, all[1:2]},
		{"a title", Selection{Run: regexp.MustCompile("^Sec")}, all[:2]},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := cases(t, test.selection, two)
			if diff := cmp.Diff(test.want, ids(got)); diff != "" {
				t.Error(diff)
			}
			for i, c := range got {
				if c.Index != i {
					t.Errorf("%s has the index %d, want %d", c.ID(), c.Index, i)
				}
			}
		})
	}
}

func TestSelectNothing(t *testing.T) {
	cases(t, Selection{}, two) // which is there then
	sources, err := library.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		selection Selection
		want      string
	}{
		{Selection{Tags: []string{"media"}}, "no case is selected of 3; the tags are nat, short, slow"},
		{Selection{Run: regexp.MustCompile("nothing")}, "no case is selected of 3; leave out --run"},
	} {
		_, err := Select(sources, test.selection)
		if !errors.Is(err, ErrNothing) || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("the error is %v, want %q", err, test.want)
		}
	}
}

// TestSelectInvalid sees that all that is wrong is told, of all files.
func TestSelectInvalid(t *testing.T) {
	cases(t, Selection{}, map[string]string{"good.yaml": "peers: {alice: {}}\n"})
	write(t, "bad.yaml", "peers: {alice: {}}\nlimit: 10\n")
	write(t, "worse.yaml", "peers: {alice: {}}\nsteps: [{alice: fly}, {bob: close}]\n")
	sources, err := library.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Select(sources, Selection{})
	var invalid *InvalidError
	if !errors.As(err, &invalid) || invalid.Invalid != 2 || invalid.Files != 3 || len(invalid.Wrong) != 3 {
		t.Fatalf("the error is %+v", err)
	}
	for _, want := range []string{"bad.yaml:2:8: ", "worse.yaml:2:17: ", "worse.yaml:2:24: "} {
		if !strings.Contains(invalid.Pretty(), want) {
			t.Errorf("%s is missing in\n%s", want, invalid.Pretty())
		}
	}
}

// TestShard sees that each case is in exactly one shard, for any number of them, and that none has more than one case more than another.
func TestShard(t *testing.T) {
	all := cases(t, Selection{Seeds: seeds(t, "33")}, two)
	for n := 1; n <= len(all)+3; n++ {
		in := map[string]int{}
		least, most := len(all), 0
		for i := 1; i <= n; i++ {
			shard := Shard{i, n}
			own := shard.Of(all)
			if !slices.IsSortedFunc(own, func(a, b *Case) int { return a.Index - b.Index }) {
				t.Errorf("the shard %v is not in the order of the cases", shard)
			}
			if len(own) != shard.size(len(all)) {
				t.Errorf("the shard %v has %d cases, but its size is %d", shard, len(own), shard.size(len(all)))
			}
			if !slices.Equal(ids(own), ids(shard.Of(all))) {
				t.Errorf("the shard %v is another one the second time", shard)
			}
			for _, c := range own {
				in[c.ID()]++
			}
			least, most = min(least, len(own)), max(most, len(own))
		}
		if len(in) != len(all) {
			t.Errorf("of %d cases, %d are in a shard of %d", len(all), len(in), n)
		}
		for id, times := range in {
			if times != 1 {
				t.Errorf("%s is in %d of %d shards", id, times, n)
			}
		}
		if most-least > 1 {
			t.Errorf("%d shards have from %d to %d cases", n, least, most)
		}
	}
}

func TestParseShard(t *testing.T) {
	for text, want := range map[string]Shard{"": {1, 1}, "1/1": {1, 1}, "2/4": {2, 4}, "4/4": {4, 4}} {
		if got, err := ParseShard(text); err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"0/4", "5/4", "1", "1/", "/4", "1/0", "a/b", "1/2/3", "-1/2"} {
		if got, err := ParseShard(text); err == nil {
			t.Errorf("%q is %v, want an error", text, got)
		}
	}
}

func TestVerifySample(t *testing.T) {
	count := func(verify string) (n int, which []string) {
		for _, c := range cases(t, Selection{Seeds: seeds(t, "40"), Verify: share(t, verify)}, two) {
			if c.Verify {
				n++
				which = append(which, c.ID())
			}
		}
		return n, which
	}
	for verify, want := range map[string]int{"none": 0, "0%": 0, "all": 120, "100%": 120, "5%": 6, "0.1%": 1, "50%": 60} {
		if n, _ := count(verify); n != want {
			t.Errorf("--verify %s takes %d of 120, want %d", verify, n, want)
		}
	}
	_, some := count("5%")
	_, again := count("5%")
	_, more := count("50%")
	if !slices.Equal(some, again) {
		t.Errorf("the sample is %v, then %v", some, again)
	}
	for _, id := range some {
		if !slices.Contains(more, id) {
			t.Errorf("%s is in 5 %% but not in 50 %%", id)
		}
	}
	for _, text := range []string{"", "5", "-1%", "101%", "NaN%", "most", "%"} {
		if _, err := ParseShare(text); err == nil {
			t.Errorf("%q is a share", text)
		}
	}
}

// TestFileName sees that no two cases have the same file, and that no file leaves its folder.
func TestFileName(t *testing.T) {
	c := cases(t, Selection{Run: regexp.MustCompile("loss=5%")}, two)[0]
	if got, want := FileName(c), "more/two.loss=5%.seed=1.rtcrec"; got != want {
		t.Errorf("the file is %s, want %s", got, want)
	}
	seen := map[string]string{}
	for _, name := range []string{"library/a.yaml", "x/library/a.yaml", "a.yaml", "a.yml", "a", "x/a.yaml", "../a.yaml", "../../a.yaml", "/a.yaml", "a b.yaml", "a_b.yaml", "a:b.yaml",
		strings.Repeat("long", 100) + "1.yaml", strings.Repeat("long", 100) + "2.yaml"} {
		for _, variant := range []string{"", "loss=5%", "path=x/y", "path=x_y"} {
			s := *c.Scenario
			s.Variant = variant
			// Only the library has names without extension and without a file.
			made := &Case{Source: &library.Source{Name: name, BuiltIn: name == "a"}, Scenario: &s, Seed: 3}
			file := FileName(made)
			if other, ok := seen[file]; ok {
				t.Errorf("%s and %s have the same file %s", made.ID(), other, file)
			}
			seen[file] = made.ID()
			if strings.Contains("/"+file+"/", "/../") || strings.HasPrefix(file, "/") || strings.ContainsAny(file, `\:*?"<>| `) || !strings.HasSuffix(file, ".rtcrec") || len(file) > 250 {
				t.Errorf("the file of %s is %s", made.ID(), file)
			}
		}
	}
}
