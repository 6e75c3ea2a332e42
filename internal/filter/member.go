package filter

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// The functions here read JSON where it stands: decoding a packet's data, most of which is a payload that no filter asks for,
// takes twenty times as long. What is no JSON has nothing in it.

// member returns the value of a member of an object, nil where there is none.
func member(object []byte, name string) []byte {
	for key, value := range members(object) {
		if string(key) == name {
			return value
		}
	}
	return nil
}

// members goes through an object: names, without their quotes, and values.
func members(object []byte) func(yield func(key, value []byte) bool) {
	return func(yield func(key, value []byte) bool) {
		i := space(object, 0)
		if i >= len(object) || object[i] != '{' {
			return
		}
		for i = space(object, i+1); i < len(object) && object[i] == '"'; {
			end := skip(object, i)
			if end-i < 2 {
				return
			}
			key := object[i+1 : end-1]
			if i = space(object, end); i >= len(object) || object[i] != ':' {
				return
			}
			i = space(object, i+1)
			end = skip(object, i)
			if end == i || !yield(key, object[i:end]) {
				return
			}
			if i = space(object, end); i >= len(object) || object[i] != ',' {
				return
			}
			i = space(object, i+1)
		}
	}
}

// elements goes through an array.
func elements(array []byte) func(yield func(value []byte) bool) {
	return func(yield func(value []byte) bool) {
		i := space(array, 0)
		if i >= len(array) || array[i] != '[' {
			return
		}
		for i = space(array, i+1); i < len(array); {
			end := skip(array, i)
			if end == i || !yield(array[i:end]) {
				return
			}
			if i = space(array, end); i >= len(array) || array[i] != ',' {
				return
			}
			i = space(array, i+1)
		}
	}
}

// space returns where the white space that begins at i ends.
func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// skip returns where the value that begins at i ends; i where there is no value.
func skip(b []byte, i int) int {
	depth := 0
	for j := i; j < len(b); {
		switch b[j] {
		case '"':
			end := quoted(b, j)
			if end < 0 {
				return i
			}
			j = end
		case '{', '[':
			depth++
			j++
			continue
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
			j++
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
			j++
			continue
		default:
			for j < len(b) && !ends(b[j]) {
				j++
			}
		}
		if depth == 0 {
			return j
		}
	}
	return i
}

// ends reports whether a number or another plain value ends before the character.
func ends(c byte) bool {
	switch c {
	case ',', ':', ']', '}', '"', '{', '[', ' ', '\t', '\n', '\r':
		return true
	}
	return false
}

// quoted returns where the string that begins at i ends, -1 if it does not.
func quoted(b []byte, i int) int {
	for j := i + 1; ; {
		quote := bytes.IndexByte(b[j:], '"')
		if quote < 0 {
			return -1
		}
		j += quote
		escapes := 0
		for k := j - 1; k > i && b[k] == '\\'; k-- {
			escapes++
		}
		j++
		if escapes%2 == 0 {
			return j
		}
	}
}

// text returns what a string says, nil for any other value. It is a part of the value where that has no escapes.
func text(value []byte) []byte {
	if len(value) < 2 || value[0] != '"' {
		return nil
	}
	raw := value[1 : len(value)-1]
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	var s string
	if json.Unmarshal(value, &s) != nil {
		return nil
	}
	return []byte(s)
}

// number returns a whole number.
func number(value []byte) (int64, bool) {
	n, err := strconv.ParseInt(string(value), 10, 64)
	return n, err == nil
}
