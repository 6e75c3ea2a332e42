package rtcsimtest

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// defaultKeep is the folder for the recordings of cases that fail, in that of the test.
const defaultKeep = "rtcsim-failures"

// users counts the tests whose recordings are kept below a folder, so that the last one can remove it if nothing is in it.
var users = struct {
	sync.Mutex
	of map[string]int
}{of: make(map[string]int)}

// folder returns where the recordings of a test are kept. Each test has a folder of its own, since two may run the same case at
// once. What is empty when the test is over is removed.
func folder(t *testing.T, keep string) string {
	if artifacts := flag.Lookup("test.artifacts"); keep == "" && artifacts != nil && artifacts.Value.String() == "true" {
		return t.ArtifactDir()
	}
	if keep == "" {
		keep = defaultKeep
	}
	users.Lock()
	defer users.Unlock()
	users.of[keep]++
	own := filepath.Join(keep, strings.NewReplacer("/", ".", "\\", ".", ":", "_").Replace(t.Name()))
	t.Cleanup(func() {
		users.Lock()
		defer users.Unlock()
		users.of[keep]--
		removeEmpty(own)
		if users.of[keep] == 0 {
			os.Remove(keep)
		}
	})
	return own
}

// removeEmpty removes the folders in a folder, and itself, as far as there is no file in them.
func removeEmpty(dir string) {
	var dirs []string
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return nil // what cannot be read stays
	})
	for _, dir := range slices.Backward(dirs) {
		os.Remove(dir) // fails where there is something in it
	}
}
