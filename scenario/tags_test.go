package scenario

import (
	"reflect"
	"strings"
	"testing"
)

// TestTags sees that every key of the language has a meaning and an example, for the reference, and that
// defaults are values that the reader takes.
func TestTags(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(typ reflect.Type)
	walk = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || seen[typ] {
			return
		}
		seen[typ] = true
		for _, f := range reflect.VisibleFields(typ) {
			if f.Tag.Get("yaml") == "" {
				continue
			}
			attribute := strings.HasSuffix(typ.Name(), "State")
			if f.Tag.Get("doc") == "" || f.Tag.Get("example") == "" && !attribute {
				t.Errorf("%s.%s has no doc or no example", typ.Name(), f.Name)
			}
			walk(f.Type)
		}
		r := newReader(Source{})
		r.defaults(reflect.New(typ).Elem())
		for _, e := range r.errors {
			t.Errorf("a default in %s: %v", typ.Name(), e)
		}
	}
	roots := []any{Scenario{}, Call{}, linkKeys{}, expectationKeys{}, guardKeys{}, PeerState{}}
	for _, k := range stepKinds {
		roots = append(roots, k.new())
	}
	for _, m := range Methods {
		roots = append(roots, m.Args())
		if m.Doc == "" || m.Example == "" {
			t.Errorf("%s.%s has no doc or no example", m.Interface, m.Name)
		}
	}
	for _, root := range roots {
		walk(reflect.TypeOf(root))
	}
}
