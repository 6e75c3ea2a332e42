package packet

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/fingerprint"
	"github.com/pion/dtls/v3/pkg/protocol/extension"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"
	"github.com/pion/srtp/v3"
)

// typeNewSessionTicket is RFC 5077's, which pion does not send.
const typeNewSessionTicket handshake.Type = 4

// handshakeTypes are the types of handshake messages and their names, RFC 5246
// section 7.4.
var handshakeTypes = map[handshake.Type]struct{ typ, name string }{
	handshake.TypeHelloRequest:       {"hello-request", "HelloRequest"},
	handshake.TypeClientHello:        {"client-hello", "ClientHello"},
	handshake.TypeServerHello:        {"server-hello", "ServerHello"},
	handshake.TypeHelloVerifyRequest: {"hello-verify-request", "HelloVerifyRequest"},
	typeNewSessionTicket:             {"new-session-ticket", "NewSessionTicket"},
	handshake.TypeCertificate:        {"certificate", "Certificate"},
	handshake.TypeServerKeyExchange:  {"server-key-exchange", "ServerKeyExchange"},
	handshake.TypeCertificateRequest: {"certificate-request", "CertificateRequest"},
	handshake.TypeServerHelloDone:    {"server-hello-done", "ServerHelloDone"},
	handshake.TypeCertificateVerify:  {"certificate-verify", "CertificateVerify"},
	handshake.TypeClientKeyExchange:  {"client-key-exchange", "ClientKeyExchange"},
	handshake.TypeFinished:           {"finished", "Finished"},
}

// handshakes reads the handshake messages of a record.
func (x *dissection) handshakes(c *cursor, r record, f flow) ([]Layer, string) {
	var layers []Layer
	var names []string
	for c.left() > 0 {
		l := x.handshake(c, r, f)
		if x.level > typesOnly {
			names = append(names, l.Summary)
		}
		if x.level == everything {
			layers = append(layers, l)
		}
	}
	return layers, strings.Join(names, ", ")
}

// handshake reads the message, or fragment of one, at the front of the record.
func (x *dissection) handshake(record *cursor, r record, f flow) Layer {
	l := Layer{Protocol: "dtls", Summary: "Handshake", From: record.at, To: record.end}
	c := x.cursor(&l.Fields, record.data, record.at, record.end)
	record.at = record.end
	t := handshake.Type(c.uint8("handshake type"))
	kind, known := handshakeTypes[t]
	if known {
		if c.noting() {
			c.value("%d (%s)", t, kind.name)
		}
		l.Summary = kind.name
		x.typ(kind.typ)
	}
	length := c.uint24("length")
	sequence := c.uint16("message sequence")
	offset := c.uint24("fragment offset")
	n := c.uint24("fragment length")
	if c.bad {
		return l
	}
	if offset+n > length {
		c.malformed("fragment at %d of %s in a message of %d", offset, count(n, "byte"), length)
		return l
	}
	body := c.sub(l.Summary, n)
	if body.bad {
		return l
	}
	l.To, record.at = c.at, c.at

	state := x.state(f)
	if n == length {
		x.handshakeBody(&body, t, state) // a hello makes the flow forget what came before it
	}
	if state != nil && state.resent(fragment{t, sequence, offset}, r) {
		x.packet.Retransmission = true
		l.Summary += " (again)"
	}
	if n == length {
		return l
	}
	if x.level > typesOnly {
		l.Summary = fmt.Sprintf("%s (bytes %d to %d of %d)", l.Summary, offset, offset+n, length)
	}
	if state != nil {
		if whole := state.assemble(t, sequence, length, offset, body.peek()); whole != nil {
			message := Layer{Protocol: "dtls", Summary: kind.name, Data: whole, To: len(whole)}
			m := x.cursor(&message.Fields, whole, 0, len(whole))
			x.handshakeBody(&m, t, state)
			l.Layers = []Layer{message}
		}
	}
	body.rest("fragment")
	return l
}

// handshakeBody reads a message that is whole. state may be nil.
func (x *dissection) handshakeBody(c *cursor, t handshake.Type, state *flowState) {
	if state == nil && x.level < everything {
		return
	}
	switch t {
	case handshake.TypeClientHello:
		x.clientHello(c, state)
	case handshake.TypeServerHello:
		x.serverHello(c, state)
	case handshake.TypeHelloVerifyRequest:
		c.value16(versionName, "version")
		c.hex("cookie", int(c.uint8("cookie length")))
	case handshake.TypeCertificate:
		certificates(c)
	case handshake.TypeServerKeyExchange:
		serverKeyExchange(c)
	case handshake.TypeCertificateRequest:
		certificateRequest(c)
	case handshake.TypeClientKeyExchange:
		clientKeyExchange(c)
	case handshake.TypeCertificateVerify:
		c.value16(signatureScheme, "signature scheme")
		c.hex("signature", int(c.uint16("signature length")))
	case handshake.TypeFinished:
		c.hex("verify data", c.left())
	case typeNewSessionTicket:
		c.uint32("lifetime hint")
		c.hex("ticket", int(c.uint16("ticket length")))
	}
	c.rest("trailing bytes")
}

// value16 reads a 16-bit number that has a name.
func (c *cursor) value16(name func(uint16) string, field string) uint16 {
	v := c.uint16(field)
	if c.noting() {
		c.value("%s", name(v))
	}
	return v
}

// list16 reads 16-bit numbers that have names, to the end.
func (c *cursor) list16(name func(uint16) string, field string) {
	for !c.bad && c.left() > 0 {
		c.value16(name, field)
	}
}

func (x *dissection) clientHello(c *cursor, state *flowState) {
	c.value16(versionName, "version")
	r := c.hex("random", len(random{}))
	if state != nil && !c.bad {
		x.d.clientHello(state, random(r))
	}
	if x.level < everything {
		return // nothing else is remembered
	}
	c.hex("session ID", int(c.uint8("session ID length")))
	c.hex("cookie", int(c.uint8("cookie length")))
	suites := c.sub("cipher suites", int(c.uint16("cipher suites length")))
	suites.list16(cipherSuiteName, "cipher suite")
	c.hex("compression methods", int(c.uint8("compression methods length")))
	c.extensions(nil)
}

func (x *dissection) serverHello(c *cursor, state *flowState) {
	var h serverHello
	c.value16(versionName, "version")
	copy(h.random[:], c.hex("random", len(random{})))
	c.hex("session ID", int(c.uint8("session ID length")))
	h.suite = c.value16(cipherSuiteName, "cipher suite")
	c.uint8("compression method")
	ok := !c.bad
	c.extensions(&h)
	if state != nil && ok {
		x.d.serverHello(state, h)
	}
}

// extensions reads the extensions of a hello, if it has any, and takes from
// them what is remembered of a server's.
func (c *cursor) extensions(h *serverHello) {
	if c.bad || c.left() == 0 {
		return
	}
	list := c.sub("extensions", int(c.uint16("extensions length")))
	for !list.bad && list.left() > 0 {
		head := list.peek()
		if len(head) < 4 {
			list.malformed("extension truncated: %d of 4 bytes", len(head))
			return
		}
		t := extension.TypeValue(uint16(head[0])<<8 | uint16(head[1]))
		n := 4 + int(head[2])<<8 + int(head[3])
		list.group(extensionName(t), n, func(g *cursor) string { return g.extension(t, h) })
	}
}

// extensionNames are the registry's, as far as DTLS for WebRTC has them.
var extensionNames = map[extension.TypeValue]string{
	0: "server_name",
	1: "max_fragment_length",
	5: "status_request",
	extension.SupportedEllipticCurvesTypeValue:      "supported_groups",
	extension.SupportedPointFormatsTypeValue:        "ec_point_formats",
	extension.SupportedSignatureAlgorithmsTypeValue: "signature_algorithms",
	extension.UseSRTPTypeValue:                      "use_srtp",
	15:                                              "heartbeat",
	extension.ALPNTypeValue:                         "application_layer_protocol_negotiation",
	21:                                              "padding",
	22:                                              "encrypt_then_mac",
	extension.UseExtendedMasterSecretTypeValue: "extended_master_secret",
	28:                                     "record_size_limit",
	35:                                     "session_ticket",
	extension.PreSharedKeyValue:            "pre_shared_key",
	extension.EarlyDataIndicationTypeValue: "early_data",
	extension.SupportedVersionsTypeValue:   "supported_versions",
	extension.CookieTypeValue:              "cookie",
	extension.PskKeyExchangeModesTypeValue: "psk_key_exchange_modes",
	extension.CertificateAuthoritiesTypeValue:  "certificate_authorities",
	extension.OIDFiltersTypeValue:              "oid_filters",
	extension.PostHandshakeAuthTypeValue:       "post_handshake_auth",
	extension.SignatureAlgorithmsCertTypeValue: "signature_algorithms_cert",
	extension.KeyShareTypeValue:                "key_share",
	extension.ConnectionIDTypeValue:            "connection_id",
	extension.RenegotiationInfoTypeValue:       "renegotiation_info",
}

func extensionName(t extension.TypeValue) string {
	if name, ok := extensionNames[t]; ok {
		return name
	}
	return fmt.Sprintf("extension %d", t)
}

// extension reads an extension from its type on and returns its value.
func (c *cursor) extension(t extension.TypeValue, h *serverHello) string {
	c.uint16("type")
	c.uint16("length")
	var values []string
	add := func(name string) { values = append(values, name) }
	list := func(name func(uint16) string, field string, n int) {
		items := c.sub(field, n)
		for !items.bad && items.left() > 0 {
			add(name(items.value16(name, field)))
		}
	}
	switch t {
	case extension.SupportedEllipticCurvesTypeValue:
		list(groupName, "group", int(c.uint16("list length")))
	case extension.SupportedSignatureAlgorithmsTypeValue, extension.SignatureAlgorithmsCertTypeValue:
		list(signatureScheme, "signature scheme", int(c.uint16("list length")))
	case extension.UseSRTPTypeValue:
		profiles := c.sub("SRTP protection profile", int(c.uint16("list length")))
		for !profiles.bad && profiles.left() > 0 {
			p := profiles.value16(profileName, "SRTP protection profile")
			add(profileName(p))
			if h != nil && !profiles.bad {
				h.profile = srtp.ProtectionProfile(p)
			}
		}
		c.hex("MKI", int(c.uint8("MKI length")))
	case extension.ALPNTypeValue:
		protocols := c.sub("protocol", int(c.uint16("list length")))
		for !protocols.bad && protocols.left() > 0 {
			add(protocols.text("protocol", int(protocols.uint8("protocol length"))))
		}
	case extension.ConnectionIDTypeValue:
		c.hex("connection ID", int(c.uint8("connection ID length")))
	case extension.RenegotiationInfoTypeValue:
		c.hex("renegotiated connection", int(c.uint8("length of renegotiated connection")))
	case extension.SupportedPointFormatsTypeValue:
		c.hex("point formats", int(c.uint8("list length")))
	case extension.SupportedVersionsTypeValue:
		if h == nil {
			list(versionName, "version", int(c.uint8("list length")))
		} else {
			add(versionName(c.value16(versionName, "version")))
		}
	default:
		if c.left() > 0 {
			c.hex("data", c.left())
		}
	}
	return strings.Join(values, ", ")
}

func cipherSuiteName(id uint16) string {
	if id == 0x00ff {
		return "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"
	}
	if name := dtls.CipherSuiteName(dtls.CipherSuiteID(id)); !strings.HasPrefix(name, "0x") {
		return name
	}
	return tls.CipherSuiteName(id)
}

func groupName(id uint16) string { return tls.CurveID(id).String() }

func signatureScheme(id uint16) string { return tls.SignatureScheme(id).String() }

func profileName(id uint16) string {
	if name := srtp.ProtectionProfile(id).String(); strings.HasPrefix(name, "SRTP_") {
		return name
	}
	return fmt.Sprintf("0x%04x", id)
}

func certificates(c *cursor) {
	list := c.sub("certificates", c.uint24("certificates length"))
	for !list.bad && list.left() > 0 {
		der := list.bytes("certificate", list.uint24("certificate length"))
		if !list.noting() {
			continue
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			list.value("malformed: %v", err)
			list.x.malformed(err.Error())
			continue
		}
		// As in SDP, where one wants to compare it.
		if digest, err := fingerprint.Fingerprint(certificate, crypto.SHA256); err == nil {
			list.value("%s, sha-256 %s", certificate.Subject, strings.ToUpper(digest))
		}
	}
}

// serverKeyExchange reads ECDHE parameters (RFC 8422), a PSK hint (RFC 4279),
// or both (RFC 5489). Without parameters there is a hint; with them the first
// byte is the curve's type, which no sensible hint's length begins with.
func serverKeyExchange(c *cursor) {
	const namedCurve = 3
	if b := c.peek(); len(b) > 0 && b[0] != namedCurve {
		c.text("PSK identity hint", int(c.uint16("PSK identity hint length")))
	}
	if c.bad || c.left() == 0 {
		return
	}
	c.uint8("curve type")
	c.value16(groupName, "named curve")
	c.hex("public key", int(c.uint8("public key length")))
	if c.bad || c.left() == 0 {
		return
	}
	c.value16(signatureScheme, "signature scheme")
	c.hex("signature", int(c.uint16("signature length")))
}

func certificateRequest(c *cursor) {
	c.hex("certificate types", int(c.uint8("certificate types length")))
	schemes := c.sub("signature scheme", int(c.uint16("signature schemes length")))
	schemes.list16(signatureScheme, "signature scheme")
	c.bytes("certificate authorities", int(c.uint16("certificate authorities length")))
}

// clientKeyExchange reads an ECDHE public key, a PSK identity, or both.
func clientKeyExchange(c *cursor) {
	if b := c.peek(); len(b) > 0 && int(b[0]) != len(b)-1 {
		c.text("PSK identity", int(c.uint16("PSK identity length")))
	}
	if !c.bad && c.left() > 0 {
		c.hex("public key", int(c.uint8("public key length")))
	}
}
