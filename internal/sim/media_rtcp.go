package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"

	"github.com/rtcsim/rtcsim/recorder"
)

// rtcpRecorder is an interceptor that records the RTCP that a peer sends. What it receives is recorded where it is read:
// pion hands a packet that is about several sources to the reader of each.
type rtcpRecorder struct {
	interceptor.NoOp
	media *peerMedia
}

var _ interceptor.Factory = rtcpRecorder{}

// NewInterceptor is called by pion for each peer connection.
func (r rtcpRecorder) NewInterceptor(string) (interceptor.Interceptor, error) { return &r, nil }

// BindRTCPWriter is called by pion once.
func (r *rtcpRecorder) BindRTCPWriter(w interceptor.RTCPWriter) interceptor.RTCPWriter {
	return interceptor.RTCPWriterFunc(func(packets []rtcp.Packet, a interceptor.Attributes) (int, error) {
		for _, p := range packets {
			r.media.event(recorder.KindRTCP, r.media.describe("sent", p, nil))
		}
		return w.Write(packets, a)
	})
}

// recordReceived records a packet that was read from the stream of a source, unless it is about others only.
func (m *peerMedia) recordReceived(source uint32, p rtcp.Packet) {
	if about := p.DestinationSSRC(); len(about) > 0 && about[0] != source {
		return
	}
	m.event(recorder.KindRTCP, m.describe("received", p, ptr(m.now())))
}

// describe describes a packet. The time of its arrival is there for one that was received.
func (m *peerMedia) describe(direction string, p rtcp.Packet, arrived *time.Duration) recorder.RTCP {
	d := recorder.RTCP{Direction: direction}
	switch p := p.(type) {
	case *rtcp.SenderReport:
		d.Type, d.SSRC, d.Packets, d.Octets = "SR", p.SSRC, p.PacketCount, p.OctetCount
		d.Reports = m.reports(p.Reports, arrived)
	case *rtcp.ReceiverReport:
		d.Type = "RR"
		d.Reports = m.reports(p.Reports, arrived)
		if len(p.Reports) > 0 {
			d.SSRC = p.Reports[0].SSRC
		}
	case *rtcp.SourceDescription:
		d.Type = "SDES"
	case *rtcp.Goodbye:
		d.Type = "BYE"
		if len(p.Sources) > 0 {
			d.SSRC = p.Sources[0]
		}
	case *rtcp.TransportLayerNack:
		d.Type, d.SSRC = "NACK", p.MediaSSRC
		for _, n := range p.Nacks {
			d.Lost = append(d.Lost, n.PacketList()...)
		}
	case *rtcp.PictureLossIndication:
		d.Type, d.SSRC = "PLI", p.MediaSSRC
	case *rtcp.FullIntraRequest:
		d.Type = "FIR"
		if len(p.FIR) > 0 {
			d.SSRC = p.FIR[0].SSRC
		}
	case *rtcp.ReceiverEstimatedMaximumBitrate:
		d.Type, d.Bitrate = "REMB", int(p.Bitrate)
		if len(p.SSRCs) > 0 {
			d.SSRC = p.SSRCs[0]
		}
	case *rtcp.TransportLayerCC:
		d.Type, d.SSRC = "TWCC", p.MediaSSRC
		d.Feedback = &recorder.TWCC{Base: p.BaseSequenceNumber, Packets: int(p.PacketStatusCount), Received: len(p.RecvDeltas)}
	default:
		d.Type = fmt.Sprintf("%T", p)
	}
	source := m.ssrc(d.SSRC)
	d.Track, d.RID, d.Repairs = source.track, source.rid, source.repairs
	return d
}

// reports describes reception reports.
func (m *peerMedia) reports(reports []rtcp.ReceptionReport, arrived *time.Duration) []recorder.RTCPReport {
	var described []recorder.RTCPReport
	for _, r := range reports {
		source := m.ssrc(r.SSRC)
		d := recorder.RTCPReport{
			SSRC:         r.SSRC,
			Track:        source.track,
			FractionLost: float64(r.FractionLost) / 256,
			TotalLost:    int(r.TotalLost),
		}
		if source.clockRate > 0 {
			d.Jitter = time.Duration(r.Jitter) * time.Second / time.Duration(source.clockRate)
		}
		if arrived != nil && r.LastSenderReport != 0 {
			d.RTT = ptr(roundTrip(m.peer.session.start.Add(*arrived), r))
		}
		described = append(described, d)
	}
	return slices.Clip(described)
}

// roundTrip is the computation of RFC 3550 section 6.4.1: the middle 32 bits of NTP timestamps count 1/65536 s.
func roundTrip(arrived time.Time, r rtcp.ReceptionReport) time.Duration {
	const ntpEpoch = -2208988800 // 1900, in seconds of Unix time
	seconds := uint64(arrived.Unix() - ntpEpoch)
	fraction := uint64(arrived.Nanosecond()) << 16 / uint64(time.Second)
	now := uint32(seconds<<16 | fraction)
	return max(0, time.Duration(int32(now-r.LastSenderReport-r.Delay))*time.Second>>16)
}
