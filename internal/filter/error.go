package filter

// Error is what is wrong with a filter, and where.
type Error struct {
	// From and To are the bytes of the text that it is about. At the end of the text they are equal.
	From, To int
	// Message says what is wrong, and Hint how to mend it; Hint may be empty.
	Message, Hint string
	// Incomplete tells that more text may mend it.
	Incomplete bool
}

// Error returns the message and the hint.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + "; " + e.Hint
}
