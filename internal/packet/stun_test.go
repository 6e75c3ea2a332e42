package packet_test

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/pion/stun/v4"

	"github.com/rtcsim/rtcsim/internal/packet"
)

func TestProtocol(t *testing.T) {
	message := func(m stun.Method, c stun.MessageClass) []byte {
		return stun.MustBuild(stun.TransactionID, stun.NewType(m, c)).Raw
	}
	for _, tt := range []struct {
		name    string
		payload []byte
		want    string
	}{
		{"empty", nil, "unknown"},
		{"one byte of STUN", []byte{0}, "stun"},
		{"Binding request", message(stun.MethodBinding, stun.ClassRequest), "stun"},
		{"Binding error", message(stun.MethodBinding, stun.ClassErrorResponse), "stun"},
		{"Allocate", message(stun.MethodAllocate, stun.ClassSuccessResponse), "turn"},
		{"Refresh", message(stun.MethodRefresh, stun.ClassRequest), "turn"},
		{"Send", message(stun.MethodSend, stun.ClassIndication), "turn"},
		{"Data", message(stun.MethodData, stun.ClassIndication), "turn"},
		{"CreatePermission", message(stun.MethodCreatePermission, stun.ClassRequest), "turn"},
		{"ChannelBind", message(stun.MethodChannelBind, stun.ClassErrorResponse), "turn"},
		{"last of STUN", []byte{3, 0xff}, "stun"},
		{"between", []byte{4, 0}, "unknown"},
		{"ZRTP", []byte{16, 0}, "unknown"},
		{"first of DTLS", []byte{20}, "dtls"},
		{"last of DTLS", []byte{63}, "dtls"},
		{"first channel", []byte{0x40, 0}, "turn"},
		{"last of TURN", []byte{79, 255}, "turn"},
		{"behind TURN", []byte{80, 0}, "unknown"},
		{"before RTP", []byte{127, 0}, "unknown"},
		{"RTP, payload type 0", []byte{128, 0}, "srtp"},
		{"RTP, payload type 63 with marker", []byte{128, 191}, "srtp"},
		{"RTCP, first", []byte{128, 192}, "srtcp"},
		{"RTCP, last", []byte{191, 223}, "srtcp"},
		{"RTP, payload type 96 with marker", []byte{128, 224}, "srtp"},
		{"behind RTP", []byte{192, 200}, "unknown"},
	} {
		if got := packet.Protocol(tt.payload); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// The names of RFC 8489 section 18.3, RFC 8656 section 18, RFC 8445 section 16
// and RFC 5780 section 9.1.
func TestAttributeNames(t *testing.T) {
	for code, want := range map[stun.AttrType]string{
		0x0001: "MAPPED-ADDRESS", 0x0006: "USERNAME", 0x0008: "MESSAGE-INTEGRITY", 0x0009: "ERROR-CODE",
		0x000A: "UNKNOWN-ATTRIBUTES", 0x0014: "REALM", 0x0015: "NONCE", 0x0020: "XOR-MAPPED-ADDRESS",
		0x001C: "MESSAGE-INTEGRITY-SHA256", 0x001D: "PASSWORD-ALGORITHM", 0x001E: "USERHASH",
		0x8002: "PASSWORD-ALGORITHMS", 0x8003: "ALTERNATE-DOMAIN", 0x8022: "SOFTWARE", 0x8023: "ALTERNATE-SERVER",
		0x8028: "FINGERPRINT",
		0x000C: "CHANNEL-NUMBER", 0x000D: "LIFETIME", 0x0012: "XOR-PEER-ADDRESS", 0x0013: "DATA",
		0x0016: "XOR-RELAYED-ADDRESS", 0x0017: "REQUESTED-ADDRESS-FAMILY", 0x0018: "EVEN-PORT",
		0x0019: "REQUESTED-TRANSPORT", 0x001A: "DONT-FRAGMENT", 0x0022: "RESERVATION-TOKEN",
		0x8000: "ADDITIONAL-ADDRESS-FAMILY", 0x8001: "ADDRESS-ERROR-CODE", 0x8004: "ICMP",
		0x0024: "PRIORITY", 0x0025: "USE-CANDIDATE", 0x8029: "ICE-CONTROLLED", 0x802A: "ICE-CONTROLLING",
		0x0003: "CHANGE-REQUEST", 0x0026: "PADDING", 0x0027: "RESPONSE-PORT", 0x802B: "RESPONSE-ORIGIN",
		0x802C: "OTHER-ADDRESS", 0x0004: "SOURCE-ADDRESS", 0x0005: "CHANGED-ADDRESS",
		0xC001: "NOMINATION", 0xC057: "GOOG-NETWORK-INFO", 0xFFFF: "0xffff",
	} {
		if got := packet.AttributeName(code); got != want {
			t.Errorf("attribute 0x%04x is %q, want %q", uint16(code), got, want)
		}
	}
	for code := range 1 << 16 {
		a := stun.AttrType(code)
		if got := packet.AttributeName(a); a.Known() && got != a.String() {
			t.Errorf("attribute 0x%04x is %q, pion says %q", code, got, a)
		}
	}
}

func raw(t stun.AttrType, v ...byte) stun.Setter { return stun.RawAttribute{Type: t, Value: v} }

func xor(t stun.AttrType, ip string, port int) stun.Setter {
	return xorAddress{t, stun.XORMappedAddress{IP: net.ParseIP(ip), Port: port}}
}

type xorAddress struct {
	typ stun.AttrType
	a   stun.XORMappedAddress
}

func (x xorAddress) AddTo(m *stun.Message) error { return x.a.AddToAs(m, x.typ) }

func TestSTUN(t *testing.T) {
	id := stun.NewTransactionIDSetter([12]byte{1, 2, 3})
	inner := stun.MustBuild(id, stun.BindingRequest, raw(stun.AttrUseCandidate)).Raw
	for _, tt := range []struct {
		name    string
		message *stun.Message
		types   []string
		summary string
		fields  map[string]string
	}{
		{
			"check", stun.MustBuild(id, stun.BindingRequest, stun.NewUsername("bob:alice"), raw(stun.AttrPriority, 0x6e, 0, 0x1e, 0xff),
				raw(stun.AttrICEControlling, 0, 0, 0, 0, 0, 0, 0, 5), raw(stun.AttrUseCandidate), raw(0xC001, 0, 0, 0, 7),
				stun.NewShortTermIntegrity("password"), stun.Fingerprint),
			[]string{"binding-request", "use-candidate"}, "Binding request, USE-CANDIDATE",
			map[string]string{"USERNAME": "bob:alice", "PRIORITY": "1845501695", "ICE-CONTROLLING": "0x0000000000000005",
				"USE-CANDIDATE": "", "NOMINATION": "7", "transaction ID": "010203000000000000000000",
				"message type": "0x0001 Binding request"},
		},
		{
			"ignored nomination", stun.MustBuild(id, stun.BindingRequest, stun.NewShortTermIntegrity("password"), raw(stun.AttrUseCandidate)),
			[]string{"binding-request"}, "Binding request",
			map[string]string{"USE-CANDIDATE": " (ignored: it comes after MESSAGE-INTEGRITY)"},
		},
		{
			"wrong fingerprint", stun.MustBuild(id, stun.BindingRequest, raw(stun.AttrFingerprint, 1, 2, 3, 4)),
			[]string{"binding-request"}, "Binding request", map[string]string{"FINGERPRINT": "0x01020304 (wrong)"},
		},
		{
			"answer", stun.MustBuild(id, stun.BindingSuccess, xor(stun.AttrXORMappedAddress, "203.0.113.1", 49152),
				&stun.MappedAddress{IP: net.IPv4(203, 0, 113, 1), Port: 49152}, stun.NewSoftware("pion")),
			[]string{"binding-success", "binding-response"}, "Binding success response, mapped 203.0.113.1:49152",
			map[string]string{"XOR-MAPPED-ADDRESS": "203.0.113.1:49152", "MAPPED-ADDRESS": "203.0.113.1:49152", "SOFTWARE": "pion"},
		},
		{
			"IPv6", stun.MustBuild(id, stun.BindingSuccess, xor(stun.AttrXORMappedAddress, "2001:db8::1", 1)),
			[]string{"binding-success", "binding-response"}, "Binding success response, mapped [2001:db8::1]:1",
			map[string]string{"XOR-MAPPED-ADDRESS": "[2001:db8::1]:1"},
		},
		{
			"keepalive", stun.MustBuild(id, stun.NewType(stun.MethodBinding, stun.ClassIndication)),
			[]string{"binding-indication"}, "Binding indication", nil,
		},
		{
			"role conflict", stun.MustBuild(id, stun.BindingError, stun.ErrorCodeAttribute{Code: 487, Reason: []byte("Role Conflict")}),
			[]string{"binding-error", "binding-response"}, "Binding error response, 487 Role Conflict",
			map[string]string{"ERROR-CODE": "487 Role Conflict"},
		},
		{
			"error without reason", stun.MustBuild(id, stun.NewType(stun.MethodAllocate, stun.ClassErrorResponse), stun.ErrorCodeAttribute{Code: 401},
				stun.NewRealm("example.net"), stun.NewNonce("n")),
			[]string{"allocate-error", "allocate-response"}, "Allocate error response, 401 (Unauthenticated)",
			map[string]string{"REALM": "example.net", "NONCE": "n"},
		},
		{
			"unknown attributes", stun.MustBuild(id, stun.BindingError, stun.ErrorCodeAttribute{Code: 420},
				stun.UnknownAttributes{stun.AttrEvenPort, 0x7fff}),
			[]string{"binding-error", "binding-response"}, "Binding error response, 420 (Unknown Attribute)",
			map[string]string{"UNKNOWN-ATTRIBUTES": "EVEN-PORT, 0x7fff"},
		},
		{
			"allocation", stun.MustBuild(id, stun.NewType(stun.MethodAllocate, stun.ClassRequest), raw(stun.AttrRequestedTransport, 17, 0, 0, 0),
				raw(stun.AttrEvenPort, 0x80), raw(stun.AttrDontFragment), raw(stun.AttrRequestedAddressFamily, 1, 0, 0, 0), raw(0x7f00, 1, 2)),
			[]string{"allocate-request"}, "Allocate request",
			map[string]string{"REQUESTED-TRANSPORT": "17 (UDP)", "EVEN-PORT": "reserve the next port, too", "DONT-FRAGMENT": "",
				"REQUESTED-ADDRESS-FAMILY": "1 (IPv4)", "0x7f00": "0102"},
		},
		{
			"refresh", stun.MustBuild(id, stun.NewType(stun.MethodRefresh, stun.ClassSuccessResponse), raw(stun.AttrLifetime, 0, 0, 2, 88)),
			[]string{"refresh-success", "refresh-response"}, "Refresh success response, lifetime 600s", map[string]string{"LIFETIME": "600s"},
		},
		{
			"channel", stun.MustBuild(id, stun.NewType(stun.MethodChannelBind, stun.ClassRequest), raw(stun.AttrChannelNumber, 0x40, 1, 0, 0),
				xor(stun.AttrXORPeerAddress, "198.51.100.2", 5000)),
			[]string{"channel-bind-request"}, "ChannelBind request, channel 0x4001, peer 198.51.100.2:5000",
			map[string]string{"CHANNEL-NUMBER": "0x4001", "XOR-PEER-ADDRESS": "198.51.100.2:5000"},
		},
		{
			"permission", stun.MustBuild(id, stun.NewType(stun.MethodCreatePermission, stun.ClassErrorResponse), stun.ErrorCodeAttribute{Code: 438}),
			[]string{"create-permission-error", "create-permission-response"}, "CreatePermission error response, 438 (Stale Nonce)", nil,
		},
		{
			"relayed", stun.MustBuild(id, stun.NewType(stun.MethodData, stun.ClassIndication), xor(stun.AttrXORPeerAddress, "198.51.100.2", 5000),
				raw(stun.AttrData, inner...)),
			[]string{"data-indication", "binding-request", "use-candidate"},
			"Data indication, peer 198.51.100.2:5000: Binding request, USE-CANDIDATE", map[string]string{"DATA": "24 bytes"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := packet.NewDissector().Dissect(packet.Datagram{ID: 1, From: "a", Payload: tt.message.Raw})
			check(t, tt.name, p.Layers, tt.message.Raw)
			if !slices.Equal(p.Types, tt.types) {
				t.Errorf("types %q, want %q", p.Types, tt.types)
			}
			if got := packet.Types(tt.message.Raw); !slices.Equal(got, tt.types) {
				t.Errorf("Types: %q, want %q", got, tt.types)
			}
			if p.Summary != tt.summary {
				t.Errorf("summary %q, want %q", p.Summary, tt.summary)
			}
			for name, want := range tt.fields {
				if got := values(p.Layers[:1], name); !slices.Contains(got, want) {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

// What is wrong with a message is said, and where.
func TestSTUNMalformed(t *testing.T) {
	id := stun.NewTransactionIDSetter([12]byte{1, 2, 3})
	build := func(s ...stun.Setter) []byte {
		return stun.MustBuild(append([]stun.Setter{id, stun.BindingRequest}, s...)...).Raw
	}
	cookie := build()
	cookie[4] = 0
	overlong := build(stun.NewUsername("user"))
	overlong[23] = 40 // the attribute's length
	cut := build(stun.NewUsername("user"), raw(stun.AttrPriority, 1, 2, 3, 4))
	for _, tt := range []struct {
		name    string
		payload []byte
		want    string
		from    int
	}{
		{"header", build()[:13], "transaction ID truncated: 5 of 12 bytes", 8},
		{"cookie", cookie, "magic cookie 0x0012a442, not 0x2112a442", 8},
		{"attribute", overlong, "USERNAME truncated: 4 of 40 bytes", 20},
		{"message", cut[:30], "attribute truncated: 2 of 4 bytes", 28},
		{"priority", build(raw(stun.AttrPriority, 1)), "PRIORITY: 1 byte, not 4", -1},
		{"address", build(raw(stun.AttrXORMappedAddress, 0, 9, 1, 2, 3, 4, 5, 6)), "XOR-MAPPED-ADDRESS: ", -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := packet.NewDissector().Dissect(packet.Datagram{ID: 1, From: "a", Payload: tt.payload})
			check(t, tt.name, p.Layers, tt.payload)
			if !strings.HasPrefix(p.Malformed, tt.want) || !strings.Contains(p.Summary, tt.want) {
				t.Errorf("malformed: %q, want %q; summary %q", p.Malformed, tt.want, p.Summary)
			}
			for _, f := range p.Layers[0].Fields {
				if f.Name == "malformed" && f.Value == tt.want && f.From == tt.from {
					return
				}
			}
			if tt.from >= 0 {
				t.Errorf("no field says so at byte %d: %+v", tt.from, p.Layers[0].Fields)
			}
		})
	}
}

// A request is tied to its answer whatever the order of things, and one that is
// sent again is known.
func TestTransactions(t *testing.T) {
	build := func(id byte, typ stun.MessageType) []byte {
		return stun.MustBuild(stun.NewTransactionIDSetter([12]byte{id}), typ).Raw
	}
	d := packet.NewDissector()
	for i, step := range []struct {
		from    string
		payload []byte
		answers uint64
		again   bool
	}{
		{"alice", build(1, stun.BindingRequest), 0, false},
		{"bob", build(2, stun.BindingRequest), 0, false},
		{"bob", build(1, stun.BindingSuccess), 1, false},
		{"alice", build(2, stun.BindingError), 2, false},
		{"alice", build(3, stun.BindingSuccess), 0, false}, // to nothing
		{"alice", build(4, stun.BindingRequest), 0, false},
		{"alice", build(4, stun.BindingRequest), 0, true},
		{"bob", build(4, stun.BindingSuccess), 7, false},
		{"bob", build(4, stun.BindingSuccess), 6, false},
		{"alice", build(4, stun.BindingSuccess), 0, false}, // nobody answers oneself
	} {
		p := d.Summarize(packet.Datagram{ID: uint64(i + 1), From: step.from, Payload: step.payload})
		if p.Answers != step.answers || p.Retransmission != step.again {
			t.Errorf("datagram %d answers %d, want %d; retransmission %t, want %t",
				i+1, p.Answers, step.answers, p.Retransmission, step.again)
		}
	}
}
