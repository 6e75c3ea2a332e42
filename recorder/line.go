package recorder

// ParseLine reads an event from its line in a recording, without check. The event's Data is a part of the line, and is not
// looked into.
func ParseLine(line []byte) (Event, error) { return parseEvent(line) }

// AppendLine appends the line of an event, without newline and check, and returns the extended buffer. The line has data, a
// value of the kind's data type, in the place of the event's Data. It panics when data cannot be expressed in JSON.
func AppendLine(b []byte, e Event, data any) []byte {
	b = appendEnvelope(b, e)
	switch data := data.(type) {
	case PacketSent:
		b = appendPacketSent(b, data)
	case PacketEnd:
		b = appendPacketEnd(b, data)
	default:
		b = append(b, encodeLine(data)...)
	}
	return append(b, '}')
}
