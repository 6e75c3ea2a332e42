package scenario_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rtcsim/rtcsim/scenario"
)

var update = flag.Bool("update", false, "write what the tests got into their golden files")

// openIncluded opens what the files of testdata/errors include.
func openIncluded(path string) ([]byte, error) {
	text, err := fs.ReadFile(os.DirFS("testdata/errors"), path)
	if err != nil {
		return nil, errors.New("no such file")
	}
	return text, nil
}

// TestErrors reads the files of testdata/errors, each with something wrong, and compares what is said about it with
// the file of the same name that ends in .out.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.yaml")
	if err != nil || len(files) < 60 {
		t.Fatalf("found %d files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = scenario.Source{File: filepath.Base(file), Text: text, Open: openIncluded}.Read()
			var list scenario.ErrorList
			if !errors.As(err, &list) {
				t.Fatalf("Read = %v, want an ErrorList", err)
			}
			got := list.Pretty() + "\n"
			golden := strings.TrimSuffix(file, ".yaml") + ".out"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s\nif this is as it should be: go test ./scenario -run TestErrors -update", diff)
			}
		})
	}
}

func TestErrorsAreBounded(t *testing.T) {
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&many, "key%d: 1\n", i)
	}
	_, err := scenario.Read("many.yaml", []byte(many.String()))
	var list scenario.ErrorList
	if !errors.As(err, &list) || len(list) != 20 {
		t.Errorf("got %d errors, want 20", len(list))
	}
	for i, e := range list {
		if e.Line != i+1 && e.Code != "missing-key" {
			t.Errorf("error %d is in line %d: %v", i, e.Line, e)
		}
	}
}
