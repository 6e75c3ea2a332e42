package scenario

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// A Target is a transceiver of a peer, or its sender or receiver, as a step names it: transceivers[0], senders[1],
// receivers[0], transceivers[0].sender, or the name that the step gave it that made it, such as camera or camera.receiver.
type Target struct {
	Pos
	// List is transceivers, senders or receivers; empty where Name says which.
	List string
	// Index counts from 0 in the list.
	Index int
	// Name is a name given with as.
	Name string
	// Part is sender or receiver: that of the transceiver; empty: the object itself.
	Part string
}

// targetForm takes the ways to write a target apart. Any other text is a name.
var targetForm = regexp.MustCompile(`^(?:(transceivers|senders|receivers)\[(\d{1,4})\]|(.+?))(?:\.(sender|receiver))?$`)

// parseTarget reads a target, which is at that place in the file.
func parseTarget(pos Pos, text string) Target {
	t := Target{Pos: pos, Name: text}
	if m := targetForm.FindStringSubmatch(text); m != nil {
		t.List, t.Name, t.Part = m[1], m[3], m[4]
		t.Index, _ = strconv.Atoi(m[2])
	}
	return t
}

// String returns the target as a step has it.
func (t Target) String() string {
	text := t.Name
	if t.List != "" {
		text = fmt.Sprintf("%s[%d]", t.List, t.Index)
	}
	if t.Part != "" {
		text += "." + t.Part
	}
	return text
}

// Interface returns the name of the target's interface, empty where only what its name stands for can tell.
func (t Target) Interface() string {
	switch {
	case t.Part == "sender", t.Part == "" && t.List == "senders":
		return "RTCRtpSender"
	case t.Part == "receiver", t.Part == "" && t.List == "receivers":
		return "RTCRtpReceiver"
	case t.List == "transceivers":
		return "RTCRtpTransceiver"
	}
	return ""
}

// interfaces names the interfaces for people.
var interfaces = map[string]string{
	"RTCPeerConnection": "the peer connection",
	"RTCDataChannel":    "a data channel",
	"RTCRtpTransceiver": "a transceiver",
	"RTCRtpSender":      "a sender",
	"RTCRtpReceiver":    "a receiver",
}

// subjects says how a step begins that calls a method of an interface, after the name of the peer.
var subjects = map[string]string{
	"RTCPeerConnection": "",
	"RTCDataChannel":    ".CHANNEL",
	"RTCRtpTransceiver": ".transceivers[0]",
	"RTCRtpSender":      ".senders[0]",
	"RTCRtpReceiver":    ".receivers[0]",
}

// interfaceOf returns the interface of a method that is called on something that a step has named: that of a data channel,
// unless only another one has such a method.
func interfaceOf(method string) string {
	for _, iface := range []string{"RTCDataChannel", "RTCRtpTransceiver", "RTCRtpSender"} {
		if methodOf(iface, method) != nil {
			return iface
		}
	}
	return "RTCDataChannel"
}

func (t *Target) read(r *reader, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || n.Value == "" {
		r.expected(n, "a sender", "the name of one, or such as senders[0] or transceivers[0].sender")
		return
	}
	*t = parseTarget(position(n), n.Value)
}

// targets checks that a target is of an interface, and that what it names may have been made when a step of a thread uses it.
func (r *reader) targets(target Target, iface string, t *thread, d *definitions) {
	if target.Name == "" {
		if of := target.Interface(); of != iface {
			r.errorf(target.Pos, "wrong-reference", "such as "+strings.TrimPrefix(subjects[iface], "."), "%s is %s, not %s", target, interfaces[of], interfaces[iface])
		}
		return
	}
	kind := Transceiver
	if target.Part == "" && iface == "RTCRtpSender" {
		kind = Sender
	}
	if def, there := find(d.names, target.Name, t); there && def.kind == Transceiver && kind == Sender {
		r.errorf(target.Pos, "wrong-reference", "write "+target.Name+".sender", "%s is a transceiver, not a sender", target.Name)
		return
	}
	r.refers(Reference{target.Pos, target.Name}, t, d, kind)
}

// certificates checks that the certificates of a configuration that have names may have been made.
func (r *reader) certificates(c *Configuration, t *thread, d *definitions) {
	for _, certificate := range c.Certificates {
		r.refers(certificate.From, t, d, KeyCertificate)
	}
}
