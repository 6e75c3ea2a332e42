package packet

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// A cursor reads bytes from the front and notes as fields what it read, if they
// are wanted. What it cannot read it notes as malformed; from then on it reads
// zeroes and notes nothing.
type cursor struct {
	x       *dissection
	fields  *[]Field // nil: not wanted
	data    []byte   // what ranges count in
	at, end int
	bad     bool
}

// cursor returns one for data[from:to] that notes into fields.
func (x *dissection) cursor(fields *[]Field, data []byte, from, to int) cursor {
	c := cursor{x: x, data: data, at: from, end: to}
	if x.level == everything {
		c.fields = fields
	}
	return c
}

// noting reports whether fields are wanted.
func (c *cursor) noting() bool { return c.fields != nil && !c.bad }

func (c *cursor) left() int { return c.end - c.at }

// peek returns what is left.
func (c *cursor) peek() []byte { return c.data[c.at:c.end] }

// note adds a field of data[from:to].
func (c *cursor) note(name, value string, from, to int) {
	if c.fields != nil {
		*c.fields = append(*c.fields, Field{Name: name, Value: value, From: from, To: to})
	}
}

// value puts another value into the field noted last.
func (c *cursor) value(format string, args ...any) {
	if c.noting() {
		(*c.fields)[len(*c.fields)-1].Value = fmt.Sprintf(format, args...)
	}
}

// malformed notes that what is left cannot be read.
func (c *cursor) malformed(format string, args ...any) {
	if c.bad {
		return
	}
	why := fmt.Sprintf(format, args...)
	c.note("malformed", why, c.at, c.end)
	c.x.malformed(why)
	c.at, c.bad = c.end, true
}

// take returns the next n bytes, or nil if they are not there.
func (c *cursor) take(name string, n int) []byte {
	if c.bad {
		return nil
	}
	if n < 0 || n > c.left() {
		c.malformed("%s truncated: %d of %d bytes", name, c.left(), n)
		return nil
	}
	b := c.data[c.at : c.at+n]
	c.at += n
	return b
}

// number reads n bytes, most significant first.
func (c *cursor) number(name string, n int) uint64 {
	var v uint64
	for _, b := range c.take(name, n) {
		v = v<<8 | uint64(b)
	}
	if c.noting() {
		c.note(name, strconv.FormatUint(v, 10), c.at-n, c.at)
	}
	return v
}

func (c *cursor) uint8(name string) uint8   { return uint8(c.number(name, 1)) }
func (c *cursor) uint16(name string) uint16 { return uint16(c.number(name, 2)) }
func (c *cursor) uint24(name string) int    { return int(c.number(name, 3)) }
func (c *cursor) uint32(name string) uint32 { return uint32(c.number(name, 4)) }
func (c *cursor) uint64(name string) uint64 { return c.number(name, 8) }

// hex reads n bytes that mean nothing but themselves.
func (c *cursor) hex(name string, n int) []byte {
	b := c.take(name, n)
	if c.noting() {
		c.note(name, hex.EncodeToString(b), c.at-n, c.at)
	}
	return b
}

// bytes reads n bytes of which only the number is noted.
func (c *cursor) bytes(name string, n int) []byte {
	b := c.take(name, n)
	if c.noting() {
		c.note(name, count(n, "byte"), c.at-n, c.at)
	}
	return b
}

// flag notes a bit of the byte read last.
func (c *cursor) flag(name string, set bool) {
	if c.noting() {
		c.note(name, strconv.FormatBool(set), c.at-1, c.at)
	}
}

// text reads n bytes of text.
func (c *cursor) text(name string, n int) string {
	b := c.take(name, n)
	if c.noting() {
		c.note(name, printable(b), c.at-n, c.at)
	}
	return string(b)
}

// rest notes what is left, if anything is.
func (c *cursor) rest(name string) {
	if !c.bad && c.left() > 0 {
		c.bytes(name, c.left())
	}
}

// sub returns a cursor for the next n bytes that notes into the same fields.
func (c *cursor) sub(name string, n int) cursor {
	b := c.take(name, n)
	return cursor{x: c.x, fields: c.fields, data: c.data, at: c.at - len(b), end: c.at, bad: c.bad}
}

// group notes the next n bytes as one field, into which read notes fields of
// its own; it returns the group's value.
func (c *cursor) group(name string, n int, read func(g *cursor) string) {
	g := c.sub(name, n)
	if g.bad {
		return
	}
	var fields []Field
	from := g.at
	if g.fields != nil {
		g.fields = &fields
	}
	value := read(&g)
	g.rest("trailing bytes")
	if c.fields != nil {
		*c.fields = append(*c.fields, Field{Name: name, Value: value, From: from, To: c.at, Fields: fields})
	}
}

// count returns a number of things, as "1 byte", "2 bytes".
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// printable returns text as it is if that can be read, else quoted.
func printable(b []byte) string {
	if !utf8.Valid(b) {
		return strconv.QuoteToASCII(string(b))
	}
	for _, r := range string(b) {
		if !unicode.IsPrint(r) {
			return strconv.Quote(string(b))
		}
	}
	return string(b)
}
