package packet

// A Packet is what a [Dissector] makes of a datagram.
type Packet struct {
	// Protocol is what [Protocol] says of the payload.
	Protocol string

	// Protocols are the protocols found in the datagram, outermost first, each
	// once: such as turn, dtls, sctp for a message that is relayed. What is
	// encrypted counts if it could be read.
	Protocols []string

	// Types are the kinds of messages found, in the words of [Types], each
	// once. What is encrypted counts if it could be read.
	Types []string

	// Summary is one line for people.
	Summary string

	// Answers is the ID of the datagram with the request that this one is the
	// answer to, or 0. A relayed request is sent twice, as is its answer: each
	// answer belongs to the request on its own leg of the way.
	Answers uint64

	// Retransmission is whether something in the datagram was sent before: a
	// STUN request of the same transaction, a DTLS handshake message in another
	// record, an SCTP chunk with the same TSN in another record. A copy that a
	// relay makes is none.
	Retransmission bool

	// Malformed says what is wrong with the datagram; it is empty if nothing
	// is. The field or layer that it is about says it, too.
	Malformed string

	// Layers are the messages in the datagram.
	Layers []Layer
}

// A Layer is one message of one protocol. From and To say which bytes it is,
// and its fields and layers say the same of themselves: they count in the Data
// of the nearest layer that has some, beginning with the layer itself, and in
// the datagram's payload if none has.
type Layer struct {
	Protocol string  `json:"protocol"` // as [Protocol], and sctp, dcep, rtp, rtcp
	Summary  string  `json:"summary,omitempty"`
	Fields   []Field `json:"fields,omitempty"`
	From     int     `json:"from"`
	To       int     `json:"to"`

	// Data is what the layer is read from if that is not in the payload as it
	// is: what was decrypted, or a handshake message put together from its
	// fragments.
	Data []byte `json:"data,omitempty"`

	Layers []Layer `json:"layers,omitempty"`
}

// A Field is a piece of a message: its name in the words of the protocol's
// RFC, its value for people, and its bytes. The fields in it divide it further.
// A field named "malformed" says what is wrong with its bytes.
type Field struct {
	Name   string  `json:"name"`
	Value  string  `json:"value,omitempty"`
	From   int     `json:"from"`
	To     int     `json:"to"`
	Fields []Field `json:"fields,omitempty"`
}
