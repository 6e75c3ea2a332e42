package packet

import (
	"fmt"
	"strings"

	"github.com/pion/dtls/v3/pkg/protocol"
	"github.com/pion/dtls/v3/pkg/protocol/alert"
	"github.com/pion/dtls/v3/pkg/protocol/recordlayer"
)

// contentTypes are the types of records and their names.
var contentTypes = map[protocol.ContentType]struct{ typ, name string }{
	protocol.ContentTypeChangeCipherSpec: {"change-cipher-spec", "ChangeCipherSpec"},
	protocol.ContentTypeAlert:            {"alert", "Alert"},
	protocol.ContentTypeHandshake:        {"handshake", "Handshake"},
	protocol.ContentTypeApplicationData:  {"application-data", "ApplicationData"},
	protocol.ContentTypeConnectionID:     {"tls12-cid", "record with connection ID"},
}

// alertTypes are the types of alerts, RFC 5246 section 7.2.
var alertTypes = map[alert.Description]string{
	alert.CloseNotify:            "close-notify",
	alert.UnexpectedMessage:      "unexpected-message",
	alert.BadRecordMac:           "bad-record-mac",
	alert.DecryptionFailed:       "decryption-failed",
	alert.RecordOverflow:         "record-overflow",
	alert.DecompressionFailure:   "decompression-failure",
	alert.HandshakeFailure:       "handshake-failure",
	alert.NoCertificate:          "no-certificate",
	alert.BadCertificate:         "bad-certificate",
	alert.UnsupportedCertificate: "unsupported-certificate",
	alert.CertificateRevoked:     "certificate-revoked",
	alert.CertificateExpired:     "certificate-expired",
	alert.CertificateUnknown:     "certificate-unknown",
	alert.IllegalParameter:       "illegal-parameter",
	alert.UnknownCA:              "unknown-ca",
	alert.AccessDenied:           "access-denied",
	alert.DecodeError:            "decode-error",
	alert.DecryptError:           "decrypt-error",
	alert.ExportRestriction:      "export-restriction",
	alert.ProtocolVersion:        "protocol-version",
	alert.InsufficientSecurity:   "insufficient-security",
	alert.InternalError:          "internal-error",
	alert.UserCanceled:           "user-canceled",
	alert.NoRenegotiation:        "no-renegotiation",
	alert.UnsupportedExtension:   "unsupported-extension",
	alert.NoApplicationProtocol:  "no-application-protocol",
}

// A record is what the rest of the dissection needs of a DTLS record.
type record struct {
	content protocol.ContentType
	epoch   uint16
	number  uint64 // epoch and sequence number, which together no two records of a flow share
}

// dtls reads the DTLS 1.2 records (RFC 6347) of a datagram.
func (x *dissection) dtls(data []byte, from, to int, f flow) ([]Layer, string) {
	var layers []Layer
	var summaries []string
	for from < to {
		l, next := x.record(data, from, to, f)
		if x.level > typesOnly {
			summaries = append(summaries, l.Summary)
		}
		if x.level == everything {
			layers = append(layers, l)
		}
		from = next
	}
	return layers, strings.Join(summaries, ", ")
}

// record reads the record at the front of data[from:to] and returns where the
// next begins.
func (x *dissection) record(data []byte, from, to int, f flow) (Layer, int) {
	l := Layer{Protocol: "dtls", From: from, To: to, Summary: "DTLS"}
	c := x.cursor(&l.Fields, data, from, to)
	var r record
	r.content = protocol.ContentType(c.uint8("content type"))
	kind, known := contentTypes[r.content]
	if !known {
		c.at--
		switch {
		case r.content >= 32 && r.content < 64:
			l.Summary = "DTLS 1.3 record"
			c.rest("DTLS 1.3 record")
		default:
			c.malformed("content type %d", r.content)
		}
		return l, to
	}
	if c.noting() {
		c.value("%d (%s)", r.content, kind.name)
	}
	l.Summary = kind.name
	x.typ(kind.typ)
	c.value16(versionName, "version")
	r.epoch = c.uint16("epoch")
	sequence := c.number("sequence number", 6)
	r.number = uint64(r.epoch)<<48 | sequence
	if r.content == protocol.ContentTypeConnectionID {
		// Only who made up the connection ID knows its length.
		c.rest("connection ID and encrypted content")
		return l, to
	}
	n := int(c.uint16("length"))
	truncated := !c.bad && n > c.left()
	body := c.sub("record", min(n, c.left()))
	if body.bad {
		return l, to
	}
	l.To = body.end
	switch {
	case r.epoch == 0:
		l.Layers, l.Summary = x.content(&body, r, f, kind.name)
	default:
		if r.content == protocol.ContentTypeHandshake {
			x.typ("encrypted-handshake")
		}
		l.Layers, l.Summary = x.encrypted(&body, r, f, data[from:l.To], kind.name, truncated)
	}
	if truncated {
		c.at = c.end
		c.malformed("%s record truncated: %d of %d bytes", kind.name, l.To-from-recordlayer.FixedHeaderSize, n)
	}
	return l, l.To
}

// content reads what is in a record.
func (x *dissection) content(c *cursor, r record, f flow, name string) ([]Layer, string) {
	switch r.content {
	case protocol.ContentTypeChangeCipherSpec:
		c.uint8("change cipher spec")
		c.rest("trailing bytes")
		return nil, name
	case protocol.ContentTypeAlert:
		return nil, x.alert(c)
	case protocol.ContentTypeHandshake:
		return x.handshakes(c, r, f)
	}
	summary := ""
	if x.level > typesOnly {
		summary = fmt.Sprintf("%s, %s", name, count(c.left(), "byte"))
	}
	c.rest("application data")
	return nil, summary
}

func (x *dissection) alert(c *cursor) string {
	level := alert.Level(c.uint8("level"))
	c.value("%d (%v)", level, level)
	description := alert.Description(c.uint8("description"))
	if c.bad {
		return "Alert"
	}
	c.value("%d (%v)", description, description)
	c.rest("trailing bytes")
	if typ, ok := alertTypes[description]; ok {
		x.typ(typ)
	}
	if x.level == typesOnly {
		return ""
	}
	return fmt.Sprintf("Alert %v %v", level, description)
}

// encrypted reads a record of an epoch that is encrypted. c has its content,
// raw is the whole of it.
func (x *dissection) encrypted(c *cursor, r record, f flow, raw []byte, name string, truncated bool) ([]Layer, string) {
	summary := ""
	if x.level > typesOnly {
		summary = fmt.Sprintf("encrypted %s, %s", name, count(c.left(), "byte"))
	}
	state := x.state(f)
	if state == nil || truncated {
		c.rest("encrypted content")
		return nil, summary
	}
	plain, ok := x.d.decrypt(state, raw)
	if !ok {
		c.rest("encrypted content")
		return nil, summary
	}
	suite := state.association.suite
	if suite.nonce > 0 {
		c.hex("explicit nonce", min(suite.nonce, c.left()))
	}
	c.bytes("encrypted content", c.left()-suite.tag)
	if suite.tag > 0 {
		c.hex("authentication tag", suite.tag)
	}

	inside := Layer{Protocol: "dtls", Data: plain, To: len(plain)}
	p := x.cursor(&inside.Fields, plain, 0, len(plain))
	if r.content == protocol.ContentTypeApplicationData && isSCTP(plain) {
		x.protocol("sctp")
		inside.Protocol = "sctp"
		inside.Layers, inside.Summary = x.sctp(&p, r, &state.association.tsns[state.role])
	} else {
		inside.Layers, inside.Summary = x.content(&p, r, f, name)
	}
	if x.level < everything {
		return nil, inside.Summary
	}
	return []Layer{inside}, inside.Summary
}

// versionName returns the name of a version as the records of DTLS write it.
func versionName(v uint16) string {
	switch v {
	case 0xfeff:
		return "DTLS 1.0"
	case 0xfefd:
		return "DTLS 1.2"
	case 0xfefc:
		return "DTLS 1.3"
	}
	return fmt.Sprintf("0x%04x", v)
}
