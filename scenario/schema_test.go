package scenario_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtcsim/rtcsim/scenario"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// schemaFile is the schema in the repository, for editors.
const schemaFile = "scenario.schema.json"

func TestSchemaIsCommitted(t *testing.T) {
	got := scenario.Schema()
	if *update {
		if err := os.WriteFile(schemaFile, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the reader's tables give: go test ./scenario -run TestSchema -update", schemaFile)
	}
}

// compileSchema returns a function that validates the text of a file with a validator that is not ours.
func compileSchema(t *testing.T) func(text []byte) error {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(scenario.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scenario.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("scenario.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(text []byte) error {
		var n yaml.Node
		if err := yaml.Unmarshal(text, &n); err != nil {
			return err
		}
		if len(n.Content) == 0 {
			return schema.Validate(nil)
		}
		v, err := toJSON(n.Content[0], 0)
		if err != nil {
			return err
		}
		return schema.Validate(v)
	}
}

// toJSON returns a YAML node as an editor's language server sees it.
func toJSON(n *yaml.Node, depth int) (any, error) {
	if depth > 100 {
		return nil, errors.New("an anchor within itself")
	}
	switch n.Kind {
	case yaml.AliasNode:
		return toJSON(n.Alias, depth+1)
	case yaml.MappingNode:
		o := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := toJSON(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			o[n.Content[i].Value] = v
		}
		return o, nil
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			v, err := toJSON(item, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	}
	switch n.Tag {
	case "!!int", "!!float":
		return jsonschema.UnmarshalJSON(strings.NewReader(n.Value))
	case "!!bool":
		return n.Value == "true", nil
	case "!!null":
		return nil, nil
	}
	return n.Value, nil
}

// TestSchemaTakesScenarios validates all scenarios of the repository.
func TestSchemaTakesScenarios(t *testing.T) {
	validate := compileSchema(t)
	files := 0
	for _, root := range []string{"../scenarios", "testdata/good"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".yaml" {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if !bytes.Contains(text, []byte("\npeers:")) {
				return nil // included by others
			}
			files++
			if err := validate(text); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 6 {
		t.Errorf("found only %d files", files)
	}
}

// beyondSchema are the broken files with nothing wrong that a schema could tell: it knows shapes, not what names refer to.
var beyondSchema = []string{"burst-changed", "burst-too-small", "burst-without-loss", "internet-settings", "link-two-models",
	"matrix-guard-value", "name-clashes", "nesting-circle", "no-servers", "rate-trace-file", "server-names", "server-urls",
	"subnet-overlap", "subnet-planned", "turn-over-tcp", "blocks-later", "blocks-none", "comes-later", "condition-columns", "condition-names", "conditions",
	"duplicate-keys", "durations-in-conditions", "include-circle", "include-content", "include-itself", "include-syntax",
	"include-twice", "limit", "limit-zero", "matrix-large", "matrix-values", "names", "no-matrix", "sdp-lines", "sdp-quoted",
	"several-documents", "unknown-references", "wrong-kind-of-name"}

// TestSchemaRejects validates the broken files.
func TestSchemaRejects(t *testing.T) {
	validate := compileSchema(t)
	files, err := filepath.Glob("testdata/errors/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("found no files: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		switch err := validate(text); {
		case err == nil && !slices.Contains(beyondSchema, name):
			t.Errorf("%s: the schema takes it", name)
		case err != nil && slices.Contains(beyondSchema, name):
			t.Errorf("%s: the schema rejects it, so it is not beyond it: %v", name, err)
		}
	}
}

// TestSchemaExplains sees that every key has a description and an example.
func TestSchemaExplains(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(scenario.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(path, e)
			}
		case map[string]any:
			properties, ok := v["properties"].(map[string]any)
			for key, p := range properties {
				if p, isKey := p.(map[string]any); ok && isKey && (p["description"] == nil || key != "with" && p["examples"] == nil) {
					if _, isRule := p["anyOf"]; key == "with" && isRule {
						continue // what with can be, by method
					}
					t.Errorf("%s.%s has no description or no example", path, key)
				}
			}
			for key, e := range v {
				if key != "if" && key != "then" { // rules between keys that are explained elsewhere
					walk(path+"/"+key, e)
				}
			}
		}
	}
	walk("", schema)
}
