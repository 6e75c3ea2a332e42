package vnet

import (
	"net"

	"github.com/pion/stun/v4"
)

// A STUNConfig describes a STUN server that does nothing else. It answers
// Binding requests with XOR-MAPPED-ADDRESS and FINGERPRINT, or with 420
// (Unknown Attribute). Everything else is ignored, as by coturn with its
// option stun-only: who asks it for an allocation gets no answer.
type STUNConfig struct {
	// Port is the UDP port. 0 means [DefaultServerPort].
	Port uint16
}

func (c *STUNConfig) port() uint16 { return portOrDefault(c.Port) }

func portOrDefault(port uint16) uint16 {
	if port == 0 {
		return DefaultServerPort
	}
	return port
}

// A stunSocket is the socket of a STUN server, as pion/turn has it: what is no
// Binding request is not let through. pion/turn would ask for credentials that
// nobody has.
type stunSocket struct{ net.PacketConn }

func (s stunSocket) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, addr, err := s.PacketConn.ReadFrom(b)
		if err != nil || stun.IsMessage(b[:n]) && messageType(b) == stun.BindingRequest {
			return n, addr, err
		}
	}
}
