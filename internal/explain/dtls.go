package explain

// dtlsRules are about the DTLS handshake.
var dtlsRules = []Rule{
	{
		Name: "handshake-dropped", Answers: DTLSFailed, Suspect: "DTLS handshakes that are dropped on their way",
		Doc:  "Packets of the DTLS handshake were dropped on their way, and so were those that were sent again.",
		find: findHandshakeDropped,
	},
}

// lostHandshake returns the packets of the DTLS handshake between two peers that were dropped.
func (f *Facts) lostHandshake(q Question) []*Packet {
	var lost []*Packet
	for _, p := range f.Packets {
		if p.Lost() && (p.Peer == q.Peer || p.Peer == q.Other) && p.Is(handshake...) {
			lost = append(lost, p)
		}
	}
	return lost
}

func findHandshakeDropped(f *Facts, q Question) []*Cause {
	lost := f.lostHandshake(q)
	if len(lost) == 0 {
		return nil
	}
	return []*Cause{{asks: []Question{{Symptom: Dropped, Peer: q.Peer, Other: q.Other, Packets: lost}}}}
}
