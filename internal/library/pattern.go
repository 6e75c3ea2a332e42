package library

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// isPattern tells whether an argument is a pattern of names.
func isPattern(arg string) bool { return strings.ContainsAny(arg, "*?[") }

// isHidden tells whether a file is hidden: a part of version control, or what the links in a volume of Kubernetes lead to. Only what
// names it finds it.
func isHidden(name string) bool { return strings.HasPrefix(name, ".") }

// matches tells whether a path with slashes matches a pattern, part by part. The part ** stands for any number of parts. As in a
// shell, hidden parts match what begins with a dot.
func matches(pattern, name string) bool {
	return matchParts(strings.Split(pattern, "/"), strings.Split(name, "/"))
}

func matchParts(pattern, name []string) bool {
	for len(pattern) > 0 {
		if pattern[0] == "**" {
			for n := range len(name) + 1 {
				if n > 0 && isHidden(name[n-1]) {
					return false
				}
				if matchParts(pattern[1:], name[n:]) {
					return true
				}
			}
			return false
		}
		if len(name) == 0 {
			return false
		}
		if ok, err := path.Match(pattern[0], name[0]); err != nil || !ok || isHidden(name[0]) && !isHidden(pattern[0]) {
			return false
		}
		pattern, name = pattern[1:], name[1:]
	}
	return len(name) == 0
}

// glob returns the scenario files on disk that match a pattern, in lexical order. Of a folder that matches, it returns the
// files in it and below.
func glob(pattern string) ([]string, error) {
	pattern = filepath.ToSlash(filepath.Clean(pattern))
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("%s: the pattern is wrong: a [ is not closed", pattern)
	}
	parts := strings.Split(pattern, "/")
	fixed := 0 // parts before the first that is a pattern
	for fixed < len(parts) && !isPattern(parts[fixed]) {
		fixed++
	}
	folder := strings.Join(parts[:fixed], "/")
	switch {
	case fixed == 0:
		folder = "."
	case folder == "":
		folder = "/"
	}
	if _, err := os.Stat(folder); err != nil {
		return nil, nil // nothing there matches
	}
	wanted := parts[fixed:]
	var files []string
	err := filepath.WalkDir(folder, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rest, err := filepath.Rel(folder, file)
		if err != nil || rest == "." {
			return err
		}
		if !matchParts(wanted, strings.Split(filepath.ToSlash(rest), "/")) {
			return nil
		}
		if d.IsDir() {
			inside, err := below(file)
			files = append(files, inside...)
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if isYAML(file) {
			files = append(files, file)
		}
		return nil
	})
	return files, err
}
