package filter

import (
	"bytes"
	"encoding/json"
	"testing"
)

// What is read where it stands is what encoding/json reads.
func FuzzMember(f *testing.F) {
	for _, object := range []string{
		`{"a":1}`, `{"a":"b","c":{"a":[1,"}",{"a":null}]},"d":-1.5e3}`, `{"payload":"AAAA==","a":"x\"y\\"}`, ` { "a" : [ 1 , 2 ] , "b" : "é" } `,
		`{}`, `[]`, `{"a":`, `{"a":{`, `{"a":]}`, `{"a" "b"}`, `{"\u0061":1,"a":2}`, `"`, ``, `{"a":"\`, `{"a":true,"a":false}`,
	} {
		f.Add([]byte(object), "a")
	}
	f.Fuzz(func(t *testing.T, object []byte, name string) {
		got := member(object, name)
		var members map[string]json.RawMessage
		if json.Unmarshal(object, &members) != nil || bytes.IndexByte(object, '\\') >= 0 || name == "" {
			return // no panic is all that is asked for
		}
		seen := 0
		for key := range membersOf(object) {
			if key == name {
				seen++
			}
		}
		if seen > 1 {
			return // the first one or the last one
		}
		want, ok := members[name]
		if ok != (got != nil) || !bytes.Equal(got, want) {
			t.Fatalf("%s of %s is %q, want %q", name, object, got, want)
		}
		var s string
		if json.Unmarshal(want, &s) == nil && len(want) > 0 && want[0] == '"' && !bytes.Equal(text(got), []byte(s)) && json.Valid(want) && bytes.Equal([]byte(s), bytes.ToValidUTF8([]byte(s), nil)) {
			t.Fatalf("%s is %q as text, want %q", want, text(got), s)
		}
	})
}

func membersOf(object []byte) func(yield func(string, []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for key, value := range members(object) {
			if !yield(string(key), value) {
				return
			}
		}
	}
}

func TestElements(t *testing.T) {
	for _, tt := range []struct{ array, want string }{
		{`[]`, ""},
		{`["a","b]"]`, `"a" "b]" `},
		{`[1, {"a":[2]} ,null]`, `1 {"a":[2]} null `},
		{`[1,`, `1 `},
		{`[1,{`, `1 `},
		{`{"a":1}`, ""},
		{``, ""},
	} {
		got := ""
		for value := range elements([]byte(tt.array)) {
			got += string(value) + " "
		}
		if got != tt.want {
			t.Errorf("the elements of %s are %s, want %s", tt.array, got, tt.want)
		}
	}
}
