package packet_test

import (
	"slices"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/rtcsim/rtcsim/internal/packet"
)

func TestRTCP(t *testing.T) {
	report := rtcp.ReceptionReport{
		SSRC: 7, FractionLost: 64, TotalLost: 12, LastSequenceNumber: 100000, Jitter: 33, LastSenderReport: 5, Delay: 32768,
	}
	for _, tt := range []struct {
		name    string
		packets []rtcp.Packet
		types   []string
		summary string
		fields  map[string][]string
	}{
		{
			"reports", []rtcp.Packet{
				&rtcp.SenderReport{SSRC: 1, NTPTime: 0x83aa7e8080000000, RTPTime: 2, PacketCount: 3, OctetCount: 4, Reports: []rtcp.ReceptionReport{report}},
				&rtcp.ReceiverReport{SSRC: 5, Reports: []rtcp.ReceptionReport{report}},
				rtcp.NewCNAMESourceDescription(1, "cname"),
				&rtcp.Goodbye{Sources: []uint32{1, 2}, Reason: "done"},
			},
			[]string{"sr", "rr", "sdes", "bye"}, "SR, RR, SDES, BYE",
			map[string][]string{"NTP timestamp": {"1970-01-01T00:00:00.500000Z"}, "RTP timestamp": {"2"}, "sender's packet count": {"3"},
				"fraction lost": {"25.0%", "25.0%"}, "cumulative number of packets lost": {"12", "12"},
				"extended highest sequence number received": {"100000", "100000"}, "delay since last SR": {"0.500000 s", "0.500000 s"},
				"CNAME": {"cname"}, "reason": {"done"}},
		},
		{
			"feedback", []rtcp.Packet{
				&rtcp.TransportLayerNack{SenderSSRC: 1, MediaSSRC: 2, Nacks: []rtcp.NackPair{{PacketID: 65535, LostPackets: 5}}},
				&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: 2},
				&rtcp.FullIntraRequest{SenderSSRC: 1, MediaSSRC: 2, FIR: []rtcp.FIREntry{{SSRC: 3, SequenceNumber: 4}}},
				&rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: 1, Bitrate: 1 << 20, SSRCs: []uint32{2, 3}},
				&rtcp.RapidResynchronizationRequest{SenderSSRC: 1, MediaSSRC: 2},
			},
			[]string{"nack", "pli", "fir", "remb", "rrr"}, "NACK, PLI, FIR, REMB, RTCP-SR-REQ",
			map[string][]string{"lost packets": {"65535 0 2"}, "bitrate": {"1048576 bit/s"}, "unique identifier": {"REMB"}, "sequence number": {"4"}},
		},
		{
			"transport-wide", []rtcp.Packet{&rtcp.TransportLayerCC{
				Header:     rtcp.Header{Count: rtcp.FormatTCC, Type: rtcp.TypeTransportSpecificFeedback, Length: 6},
				SenderSSRC: 1, MediaSSRC: 2, BaseSequenceNumber: 10, PacketStatusCount: 5, ReferenceTime: 2, FbPktCount: 3,
				PacketChunks: []rtcp.PacketStatusChunk{
					&rtcp.RunLengthChunk{Type: rtcp.TypeTCCRunLengthChunk, PacketStatusSymbol: rtcp.TypeTCCPacketReceivedSmallDelta, RunLength: 2},
					&rtcp.StatusVectorChunk{Type: rtcp.TypeTCCStatusVectorChunk, SymbolSize: rtcp.TypeTCCSymbolSizeTwoBit,
						SymbolList: []uint16{0, 2, 0, 0, 0, 0, 0}},
				},
				RecvDeltas: []*rtcp.RecvDelta{
					{Type: rtcp.TypeTCCPacketReceivedSmallDelta, Delta: 1000},
					{Type: rtcp.TypeTCCPacketReceivedSmallDelta, Delta: 2500},
					{Type: rtcp.TypeTCCPacketReceivedLargeDelta, Delta: -1000},
				},
			}},
			[]string{"twcc"}, "TWCC",
			map[string][]string{"packet status chunk": {"2 × small delta", "not received, large delta, not received"},
				"receive delta": {"1000 µs", "2500 µs", "-1000 µs"}, "reference time": {"128 ms"}, "base sequence number": {"10"}},
		},
		{
			"extended", []rtcp.Packet{&rtcp.ExtendedReport{SenderSSRC: 1, Reports: []rtcp.ReportBlock{
				&rtcp.ReceiverReferenceTimeReportBlock{NTPTimestamp: 0x83aa7e8000000000},
				&rtcp.DLRRReportBlock{Reports: []rtcp.DLRRReport{{SSRC: 9, LastRR: 1, DLRR: 2}}},
			}}},
			[]string{"xr"}, "XR", map[string][]string{"NTP timestamp": {"1970-01-01T00:00:00.000000Z"}, "delay since last RR": {"2"}},
		},
		{
			"application", []rtcp.Packet{&rtcp.ApplicationDefined{SSRC: 1, Name: "demo", Data: []byte{1, 2, 3, 4}}},
			[]string{"app"}, "APP", map[string][]string{"name": {"demo"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data, err := rtcp.Marshal(tt.packets)
			must(t, err)
			p := packet.RTCP(data)
			check(t, tt.name, p.Layers, nil)
			if p.Malformed != "" {
				t.Errorf("malformed: %s", p.Malformed)
			}
			if !slices.Equal(p.Types, tt.types) || p.Summary != tt.summary {
				t.Errorf("types %q, summary %q; want %q, %q", p.Types, p.Summary, tt.types, tt.summary)
			}
			for name, want := range tt.fields {
				if got := values(p.Layers, name); !slices.Equal(got, want) {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			for _, typ := range p.Types {
				if !packet.Encrypted(typ) {
					t.Errorf("%s is not said to be encrypted", typ)
				}
			}
		})
	}
}

func TestRTP(t *testing.T) {
	r := rtp.Packet{
		Header: rtp.Header{
			Version: 2, Marker: true, PayloadType: 96, SequenceNumber: 17, Timestamp: 90000, SSRC: 4711, CSRC: []uint32{1, 2},
		},
		Payload: []byte{1, 2, 3},
	}
	must(t, r.SetExtension(1, []byte{0xaa, 0xbb}))
	must(t, r.SetExtension(4, []byte("mid")))
	r.Padding, r.Header.PaddingSize = true, 5
	data, err := r.Marshal()
	must(t, err)
	wide := r.Clone()
	wide.ClearExtensions()
	wide.Extension, wide.ExtensionProfile = true, rtp.ExtensionProfileTwoByte
	must(t, wide.SetExtension(200, []byte{1}))
	two, err := wide.Marshal()
	must(t, err)
	for _, tt := range []struct {
		data   []byte
		fields map[string]string
	}{
		{data, map[string]string{"marker": "true", "payload type": "96", "sequence number": "17", "timestamp": "90000", "SSRC": "4711",
			"CSRC": "1", "extension element 1": "aabb", "extension element 4": "6d6964", "payload": "3 bytes", "version": "2"}},
		{two, map[string]string{"extension element 200": "01"}},
	} {
		p := packet.RTP(tt.data)
		check(t, p.Summary, p.Layers, nil)
		if p.Malformed != "" {
			t.Errorf("malformed: %s", p.Malformed)
		}
		for name, want := range tt.fields {
			if got := values(p.Layers, name); len(got) == 0 || got[0] != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
	if got, want := packet.RTP(data).Summary, "RTP PT 96 seq 17 ts 90000 SSRC 4711, marker"; got != want {
		t.Errorf("summary %q, want %q", got, want)
	}
}
