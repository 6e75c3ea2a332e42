package packet

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pion/stun/v4"
)

const (
	magicCookie = 0x2112A442

	attrNomination      stun.AttrType = 0xC001 // libwebrtc's renomination, as pion's ice has it
	attrGoogNetworkInfo stun.AttrType = 0xC057

	attrAdditionalAddressFamily stun.AttrType = 0x8000 // RFC 8656
)

// stunTypes are the types of a method, by class.
var stunTypes = map[stun.Method][4]string{
	stun.MethodBinding:           classes("binding"),
	stun.MethodAllocate:          classes("allocate"),
	stun.MethodRefresh:           classes("refresh"),
	stun.MethodSend:              classes("send"),
	stun.MethodData:              classes("data"),
	stun.MethodCreatePermission:  classes("create-permission"),
	stun.MethodChannelBind:       classes("channel-bind"),
	stun.MethodConnect:           classes("connect"),
	stun.MethodConnectionBind:    classes("connection-bind"),
	stun.MethodConnectionAttempt: classes("connection-attempt"),
}

// stunResponses are the types of a method's answers of either class.
var stunResponses = func() map[stun.Method]string {
	m := make(map[stun.Method]string)
	for method, types := range stunTypes {
		m[method] = strings.TrimSuffix(types[stun.ClassRequest], "request") + "response"
	}
	return m
}()

// classes returns the types of a method, in the order of stun.MessageClass.
func classes(method string) [4]string {
	return [4]string{method + "-request", method + "-indication", method + "-success", method + "-error"}
}

// attributeNames are the registry's: pion's, which makes a map of them at each
// question, and more.
var attributeNames = map[stun.AttrType]string{
	stun.AttrMappedAddress:          "MAPPED-ADDRESS",
	stun.AttrChangeRequest:          "CHANGE-REQUEST",
	stun.AttrSourceAddress:          "SOURCE-ADDRESS",
	stun.AttrChangedAddress:         "CHANGED-ADDRESS",
	stun.AttrUsername:               "USERNAME",
	stun.AttrMessageIntegrity:       "MESSAGE-INTEGRITY",
	stun.AttrErrorCode:              "ERROR-CODE",
	stun.AttrUnknownAttributes:      "UNKNOWN-ATTRIBUTES",
	stun.AttrChannelNumber:          "CHANNEL-NUMBER",
	stun.AttrLifetime:               "LIFETIME",
	stun.AttrXORPeerAddress:         "XOR-PEER-ADDRESS",
	stun.AttrData:                   "DATA",
	stun.AttrRealm:                  "REALM",
	stun.AttrNonce:                  "NONCE",
	stun.AttrXORRelayedAddress:      "XOR-RELAYED-ADDRESS",
	stun.AttrRequestedAddressFamily: "REQUESTED-ADDRESS-FAMILY",
	stun.AttrEvenPort:               "EVEN-PORT",
	stun.AttrRequestedTransport:     "REQUESTED-TRANSPORT",
	stun.AttrDontFragment:           "DONT-FRAGMENT",
	0x001B:                          "ACCESS-TOKEN",
	stun.AttrMessageIntegritySHA256: "MESSAGE-INTEGRITY-SHA256",
	stun.AttrPasswordAlgorithm:      "PASSWORD-ALGORITHM",
	stun.AttrUserhash:               "USERHASH",
	stun.AttrXORMappedAddress:       "XOR-MAPPED-ADDRESS",
	stun.AttrReservationToken:       "RESERVATION-TOKEN",
	stun.AttrPriority:               "PRIORITY",
	stun.AttrUseCandidate:           "USE-CANDIDATE",
	stun.AttrPadding:                "PADDING",
	stun.AttrResponsePort:           "RESPONSE-PORT",
	stun.AttrConnectionID:           "CONNECTION-ID",
	attrAdditionalAddressFamily:     "ADDITIONAL-ADDRESS-FAMILY",
	0x8001:                          "ADDRESS-ERROR-CODE",
	stun.AttrPasswordAlgorithms:     "PASSWORD-ALGORITHMS",
	stun.AttrAlternateDomain:        "ALTERNATE-DOMAIN",
	0x8004:                          "ICMP",
	stun.AttrSoftware:               "SOFTWARE",
	stun.AttrAlternateServer:        "ALTERNATE-SERVER",
	0x8025:                          "TRANSACTION_TRANSMIT_COUNTER",
	stun.AttrCacheTimeout:           "CACHE-TIMEOUT",
	stun.AttrFingerprint:            "FINGERPRINT",
	stun.AttrICEControlled:          "ICE-CONTROLLED",
	stun.AttrICEControlling:         "ICE-CONTROLLING",
	stun.AttrResponseOrigin:         "RESPONSE-ORIGIN",
	stun.AttrOtherAddress:           "OTHER-ADDRESS",
	0x802D:                          "ECN-CHECK STUN",
	0x802E:                          "THIRD-PARTY-AUTHORIZATION",
	stun.AttrOrigin:                 "ORIGIN",
	0x8030:                          "MOBILITY-TICKET",
	attrNomination:                  "NOMINATION",
	attrGoogNetworkInfo:             "GOOG-NETWORK-INFO",
	0xC058:                          "GOOG-LAST-ICE-CHECK-RECEIVED",
	0xC059:                          "GOOG-MISC-INFO",
	0xC060:                          "GOOG-MESSAGE-INTEGRITY-32",
	stun.AttrDtlsInStun:             "DTLS-IN-STUN",
	stun.AttrDtlsInStunAck:          "DTLS-IN-STUN-ACKNOWLEDGEMENT",
}

// errorReasons are the registry's, for errors that come without a reason, as
// pion/turn's do.
var errorReasons = map[uint16]string{
	300: "Try Alternate",
	400: "Bad Request",
	401: "Unauthenticated",
	403: "Forbidden",
	405: "Mobility Forbidden",
	420: "Unknown Attribute",
	437: "Allocation Mismatch",
	438: "Stale Nonce",
	440: "Address Family not Supported",
	441: "Wrong Credentials",
	442: "Unsupported Transport Protocol",
	443: "Peer Address Family Mismatch",
	446: "Connection Already Exists",
	447: "Connection Timeout or Failure",
	486: "Allocation Quota Reached",
	487: "Role Conflict",
	500: "Server Error",
	508: "Insufficient Capacity",
}

func attributeName(t stun.AttrType) string {
	if name, ok := attributeNames[t]; ok {
		return name
	}
	return fmt.Sprintf("0x%04x", uint16(t))
}

// stunMessage is what the rest of the dissection needs of a message.
type stunMessage struct {
	stun.MessageType
	id transactionID

	useCandidate bool
	integrity    bool // MESSAGE-INTEGRITY was seen: what follows is ignored
	channel      uint16
	lifetime     string
	failure      string

	mapped, relayed, peer netip.AddrPort

	dataFrom, dataTo int // the DATA attribute's value
}

// stun reads a STUN message (RFC 8489) and what it relays.
func (x *dissection) stun(protocol string, data []byte, from, to int, f flow, depth int) ([]Layer, string) {
	l := Layer{Protocol: protocol, From: from, To: to}
	c := x.cursor(&l.Fields, data, from, to)
	var m stunMessage
	t := c.uint16("message type")
	if c.bad {
		return x.one(l), l.Summary
	}
	m.ReadValue(t)
	if c.noting() {
		c.value("0x%04x %v", t, m.MessageType)
	}
	length := int(c.uint16("message length"))
	cookie := c.uint32("magic cookie")
	if c.noting() {
		c.value("0x%08x", cookie)
	}
	if !c.bad && cookie != magicCookie {
		c.malformed("magic cookie 0x%08x, not 0x%08x", cookie, uint32(magicCookie))
		return x.one(l), l.Summary
	}
	copy(m.id[:], c.hex("transaction ID", len(m.id)))

	if types, ok := stunTypes[m.Method]; ok {
		x.typ(types[m.Class])
	}
	body := c.sub("attributes", min(length, c.left()))
	for !body.bad && body.left() > 0 {
		body.attribute(&m, from)
	}
	if !c.bad && length > body.end-from-20 {
		c.malformed("message truncated: %d of %d bytes", to-from, length+20)
	}
	c.rest("trailing bytes")

	switch m.Class {
	case stun.ClassSuccessResponse, stun.ClassErrorResponse:
		if response, ok := stunResponses[m.Method]; ok {
			x.typ(response)
		}
	case stun.ClassRequest:
		if m.useCandidate {
			x.typ("use-candidate")
		}
	}
	if x.level > typesOnly {
		l.Summary = m.summary()
	}
	if !c.bad && x.transaction(&m, f) {
		x.packet.Retransmission = true
		l.Summary += " (again)"
	}
	summary := l.Summary
	if m.dataTo > m.dataFrom {
		inner := f
		if relays(m.Method) {
			inner = flow{from: f.from, src: f.src, dst: f.dst, peer: m.peer}
		}
		layers, inside := x.relayed(data, m.dataFrom, m.dataTo, inner, depth)
		l.Layers = layers
		if inside != "" {
			summary += ": " + inside
		}
	}
	return x.one(l), summary
}

// transaction ties requests and answers together, and reports whether the
// message is a request that was sent before.
func (x *dissection) transaction(m *stunMessage, f flow) (again bool) {
	if x.d == nil {
		return false
	}
	switch m.Class {
	case stun.ClassRequest:
		r := request{flow: f, id: x.datagram.ID, channel: m.channel, peer: m.peer}
		again = x.d.transactions.add(m.id, r)
		if m.Method == stun.MethodChannelBind {
			x.d.bind(f, m.channel, m.peer)
		}
	case stun.ClassSuccessResponse, stun.ClassErrorResponse:
		r := x.d.transactions.answer(m.id, f)
		if r == nil {
			return false
		}
		x.packet.Answers = r.id
		if m.Method == stun.MethodChannelBind && m.Class == stun.ClassSuccessResponse {
			x.d.bind(f, r.channel, r.peer)
		}
	}
	return again
}

func (m *stunMessage) summary() string {
	s := m.MessageType.String()
	add := func(format string, args ...any) { s += ", " + fmt.Sprintf(format, args...) }
	if m.useCandidate {
		add("USE-CANDIDATE")
	}
	if m.failure != "" {
		add("%s", m.failure)
	}
	if m.relayed.IsValid() {
		add("relayed %v", m.relayed)
	}
	if m.mapped.IsValid() {
		add("mapped %v", m.mapped)
	}
	if m.channel != 0 {
		add("channel 0x%04x", m.channel)
	}
	if m.peer.IsValid() {
		add("peer %v", m.peer)
	}
	if m.lifetime != "" {
		add("lifetime %s", m.lifetime)
	}
	return s
}

// attribute reads the next attribute of the message that begins at start.
func (c *cursor) attribute(m *stunMessage, start int) {
	from := c.at
	header := c.take("attribute", 4)
	if header == nil {
		return
	}
	t, n := stun.AttrType(binary.BigEndian.Uint16(header)), int(binary.BigEndian.Uint16(header[2:]))
	if t == 0x8020 { // XOR-MAPPED-ADDRESS in drafts, which pion reads, too
		t = stun.AttrXORMappedAddress
	}
	if n > c.left() {
		c.at = from
		c.malformed("%s truncated: %d of %d bytes", attributeName(t), c.left()-4, n)
		return
	}
	v := c.take("value", n)
	c.take("padding", min((4-n%4)%4, c.left()))
	to := c.at

	ignored := m.integrity && t != stun.AttrMessageIntegritySHA256 && t != stun.AttrFingerprint
	if !ignored {
		m.take(t, v, from+4, c.x.d == nil)
	}
	if !c.noting() {
		return
	}
	value, err := m.value(t, v)
	switch {
	case err != nil:
		c.x.malformed(attributeName(t) + ": " + err.Error())
		c.note(attributeName(t), "malformed: "+err.Error(), from, to)
		return
	case ignored:
		value += " (ignored: it comes after MESSAGE-INTEGRITY)"
	case t == stun.AttrFingerprint && n == 4:
		value = "0x" + hex.EncodeToString(v)
		if binary.BigEndian.Uint32(v) != stun.FingerprintValue(c.data[start:from]) {
			value += " (wrong)"
		}
	}
	c.note(attributeName(t), value, from, to)
}

// take takes from an attribute what the message means, or, if brief is set,
// what its type depends on. at is where its value is.
func (m *stunMessage) take(t stun.AttrType, v []byte, at int, brief bool) {
	switch t {
	case stun.AttrUseCandidate:
		m.useCandidate = true
	case stun.AttrMessageIntegrity, stun.AttrMessageIntegritySHA256:
		m.integrity = true
	case stun.AttrData, stun.AttrDtlsInStun:
		m.dataFrom, m.dataTo = at, at+len(v)
	}
	if brief {
		return
	}
	switch t {
	case stun.AttrChannelNumber:
		if len(v) == 4 {
			m.channel = binary.BigEndian.Uint16(v)
		}
	case stun.AttrXORMappedAddress:
		m.mapped, _ = m.xorAddress(t, v)
	case stun.AttrXORRelayedAddress:
		m.relayed, _ = m.xorAddress(t, v)
	case stun.AttrXORPeerAddress:
		if !m.peer.IsValid() {
			m.peer, _ = m.xorAddress(t, v)
		}
	case stun.AttrLifetime:
		m.lifetime, _ = m.value(t, v)
	case stun.AttrErrorCode:
		m.failure, _ = m.value(t, v)
	}
}

// attribute returns a message of pion's with one attribute.
func (m *stunMessage) attribute(t stun.AttrType, v []byte) *stun.Message {
	return &stun.Message{
		TransactionID: m.id,
		Attributes:    stun.Attributes{{Type: t, Length: uint16(len(v)), Value: v}},
	}
}

func (m *stunMessage) xorAddress(t stun.AttrType, v []byte) (netip.AddrPort, error) {
	var a stun.XORMappedAddress
	if err := a.GetFromAs(m.attribute(t, v), t); err != nil {
		return netip.AddrPort{}, err
	}
	return address(a.IP, a.Port), nil
}

func address(ip net.IP, port int) netip.AddrPort {
	a, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(a.Unmap(), uint16(port))
}

// value returns an attribute's value for people.
func (m *stunMessage) value(t stun.AttrType, v []byte) (string, error) {
	switch t {
	case stun.AttrXORMappedAddress, stun.AttrXORRelayedAddress, stun.AttrXORPeerAddress:
		a, err := m.xorAddress(t, v)
		return a.String(), err
	case stun.AttrMappedAddress, stun.AttrAlternateServer, stun.AttrResponseOrigin, stun.AttrOtherAddress,
		stun.AttrSourceAddress, stun.AttrChangedAddress:
		var a stun.MappedAddress
		if err := a.GetFromAs(m.attribute(t, v), t); err != nil {
			return "", err
		}
		return address(a.IP, a.Port).String(), nil
	case stun.AttrErrorCode:
		var e stun.ErrorCodeAttribute
		if err := e.GetFrom(m.attribute(t, v)); err != nil {
			return "", err
		}
		if len(e.Reason) == 0 {
			return numbered(uint16(e.Code), errorReasons), nil
		}
		return fmt.Sprintf("%d %s", e.Code, printable(e.Reason)), nil
	case stun.AttrUnknownAttributes:
		var u stun.UnknownAttributes
		if err := u.GetFrom(m.attribute(t, v)); err != nil {
			return "", err
		}
		names := make([]string, len(u))
		for i, a := range u {
			names[i] = attributeName(a)
		}
		return strings.Join(names, ", "), nil
	case stun.AttrUsername, stun.AttrRealm, stun.AttrNonce, stun.AttrSoftware, stun.AttrAlternateDomain, stun.AttrOrigin:
		return printable(v), nil
	case stun.AttrData, stun.AttrDtlsInStun, stun.AttrPadding:
		return count(len(v), "byte"), nil
	case stun.AttrUseCandidate, stun.AttrDontFragment:
		return "", sized(v, 0)
	}
	return number(t, v)
}

// number returns the value of an attribute that is a number or bytes.
func number(t stun.AttrType, v []byte) (string, error) {
	switch t {
	case stun.AttrPriority, attrNomination:
		if err := sized(v, 4); err != nil {
			return "", err
		}
		return strconv.FormatUint(uint64(binary.BigEndian.Uint32(v)), 10), nil
	case stun.AttrLifetime, stun.AttrCacheTimeout:
		if err := sized(v, 4); err != nil {
			return "", err
		}
		return strconv.FormatUint(uint64(binary.BigEndian.Uint32(v)), 10) + "s", nil
	case stun.AttrChannelNumber:
		if err := sized(v, 4); err != nil {
			return "", err
		}
		return fmt.Sprintf("0x%04x", binary.BigEndian.Uint16(v)), nil
	case stun.AttrRequestedTransport:
		if err := sized(v, 4); err != nil {
			return "", err
		}
		return numbered(v[0], map[byte]string{6: "TCP", 17: "UDP"}), nil
	case stun.AttrRequestedAddressFamily, attrAdditionalAddressFamily:
		if err := sized(v, 4); err != nil {
			return "", err
		}
		return numbered(v[0], map[byte]string{1: "IPv4", 2: "IPv6"}), nil
	case stun.AttrEvenPort:
		if err := sized(v, 1); err != nil {
			return "", err
		}
		if v[0]&0x80 != 0 {
			return "reserve the next port, too", nil
		}
		return "", nil
	case stun.AttrResponsePort:
		if err := sized(v, 4); err != nil {
			return "", err
		}
		return strconv.Itoa(int(binary.BigEndian.Uint16(v))), nil
	case stun.AttrChangeRequest:
		if err := sized(v, 4); err != nil {
			return "", err
		}
		var change []string
		if v[3]&4 != 0 {
			change = append(change, "change IP")
		}
		if v[3]&2 != 0 {
			change = append(change, "change port")
		}
		return strings.Join(change, ", "), nil
	case attrGoogNetworkInfo:
		if err := sized(v, 4); err != nil {
			return "", err
		}
		return fmt.Sprintf("network %d, cost %d", binary.BigEndian.Uint16(v), binary.BigEndian.Uint16(v[2:])), nil
	case stun.AttrICEControlled, stun.AttrICEControlling:
		return "0x" + hex.EncodeToString(v), sized(v, 8)
	case stun.AttrMessageIntegrity:
		return hex.EncodeToString(v), sized(v, 20)
	case stun.AttrFingerprint:
		return hex.EncodeToString(v), sized(v, 4)
	}
	return hex.EncodeToString(v), nil
}

func sized(v []byte, n int) error {
	if len(v) != n {
		return fmt.Errorf("%s, not %d", count(len(v), "byte"), n)
	}
	return nil
}

// numbered returns a number and, if it has one, its name.
func numbered[T ~uint8 | ~uint16 | ~uint32](v T, names map[T]string) string {
	if name, ok := names[v]; ok {
		return fmt.Sprintf("%d (%s)", v, name)
	}
	return fmt.Sprint(uint64(v))
}
