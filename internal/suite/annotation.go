package suite

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// maxAnnotations is how many annotations GitHub shows of a step.
const maxAnnotations = 10

// Annotate writes workflow commands, from which GitHub makes annotations at the lines of the files: one for each thing that did not hold, however
// many seeds it failed with. Workspace is the folder of the repository on the machine, from which GitHub wants the paths; empty leaves
// them as they are.
//
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands has the form.
func Annotate(out io.Writer, results []*Result, workspace string) error {
	type place struct {
		scenario, text string
		line           int
	}
	seen := map[place]bool{}
	written := 0
	for _, g := range groups(results) {
		r := g.first
		for _, f := range r.Failures {
			p := place{r.Scenario, f.Text, f.Line}
			if seen[p] {
				continue // in another variant
			}
			seen[p] = true
			if written++; written > maxAnnotations {
				continue
			}
			var properties []string
			if r.File != "" {
				file, line := f.File, max(1, f.Line)
				if file == "" {
					file = r.File
				}
				properties = append(properties, "file="+escapeProperty(inWorkspace(file, workspace)), fmt.Sprintf("line=%d", line))
			}
			properties = append(properties, "title="+escapeProperty(r.Case+": "+string(r.Outcome)))
			text := f.text()
			if len(g.seeds) > 0 {
				text += strings.TrimSpace(others(g)) + "\n"
			}
			text += "again: " + r.Again
			if _, err := fmt.Fprintf(out, "::error %s::%s\n", strings.Join(properties, ","), escapeData(text)); err != nil {
				return err
			}
		}
	}
	if written > maxAnnotations {
		_, err := fmt.Fprintf(out, "::notice title=rtcsim::%s\n", escapeData(fmt.Sprintf("%d more are in the log: GitHub shows %d annotations of a step", written-maxAnnotations, maxAnnotations)))
		return err
	}
	return nil
}

// escapeData escapes the message of a workflow command.
func escapeData(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

// escapeProperty escapes a property of a workflow command.
func escapeProperty(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(text)
}

// inWorkspace returns the path of a file from the folder of the repository, where it is in there.
func inWorkspace(file, workspace string) string {
	absolute, err := filepath.Abs(file)
	if workspace == "" || err != nil {
		return filepath.ToSlash(file)
	}
	below, err := filepath.Rel(workspace, absolute)
	if err != nil || !filepath.IsLocal(below) {
		return filepath.ToSlash(file)
	}
	return filepath.ToSlash(below)
}
