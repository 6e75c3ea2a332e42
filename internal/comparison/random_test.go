package comparison

import (
	"testing"

	"github.com/rtcsim/rtcsim/recorder"
)

func TestMeant(t *testing.T) {
	for _, test := range []struct{ a, b string }{
		{"123e4567-e89b-12d3-a456-426614174000.local", "00000000-e89b-12d3-a456-426614174abc.local"},
		{"read udp 10.0.0.1:54321: use of closed network connection", "read udp 10.0.0.1:50000: use of closed network connection"},
		{"candidate:1 1 udp 2130706431 10.0.0.1 54321 typ host ufrag abcd", "candidate:99 1 udp 5 10.0.0.1 55555 typ host ufrag wxyz"},
		{"v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 H264/90000\r\na=rtpmap:99 rtx/90000\r\n",
			"v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 98 99 97\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:98 H264/90000\r\na=rtpmap:99 rtx/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"},
		{"v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\na=extmap:1 b\r\na=extmap:2 a\r\n", "v=0\r\no=- 3 2 IN IP4 0.0.0.0\r\na=extmap:2 a\r\na=extmap:1 b\r\n"},
		{"v=0\r\na=ssrc:12 cname:x\r\n", "v=0\r\na=ssrc:34 cname:x\r\n"},
		{"unhandled RTCP ssrc(12)", "unhandled RTCP ssrc(3456)"},
		{"because ufrag abc does not match", "because ufrag xyz does not match"},
	} {
		if a, b := meant(test.a), meant(test.b); a != b {
			t.Errorf("%q and %q differ: %q, %q", test.a, test.b, a, b)
		}
	}
	for _, test := range []struct{ a, b string }{
		{"timeout after 100 ms", "timeout after 200 ms"},
		{"connect to 10.0.0.1:3478", "connect to 10.0.0.1:443"},
		{"connect to 10.0.0.1:54321", "connect to 10.0.0.2:54321"},
		{"candidate:1 1 udp 1 10.0.0.1 54321 typ host", "candidate:1 1 udp 1 10.0.0.1 54321 typ srflx"},
		{"candidate:1 1 udp 1 10.0.0.1 54321 typ host", "candidate:1 1 tcp 1 10.0.0.1 54321 typ host"},
		{"v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", "v=0\r\nm=audio 0 UDP/TLS/RTP/SAVPF 111\r\n"},
		{"v=0\r\na=sendrecv\r\n", "v=0\r\na=recvonly\r\n"},
		{"v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97 98\r\na=rtpmap:97 rtx/90000\r\n", "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 98 97 96\r\na=rtpmap:97 rtx/90000\r\n"},
		{"v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=rtpmap:97 rtx/90000\r\n", "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"},
		{"v=0\r\na=extmap:1 b\r\n", "v=0\r\na=extmap:2 b\r\n"},
	} {
		if meant(test.a) == meant(test.b) {
			t.Errorf("%q and %q are the same: %q", test.a, test.b, meant(test.a))
		}
	}
}

func TestPacketKind(t *testing.T) {
	m := newMeaning(Options{}, recorder.Options{Packets: recorder.PacketsFull})
	for _, test := range []struct {
		types []string
		src   string
		want  string
	}{
		{[]string{"handshake", "client-hello"}, "client", "dtls flight 1"},
		{[]string{"handshake", "hello-verify-request"}, "server", "dtls flight 2"},
		{[]string{"handshake", "client-hello"}, "client", "dtls flight 3"},
		{[]string{"handshake", "server-hello", "certificate"}, "server", "dtls flight 4"},
		{[]string{"handshake", "certificate", "client-key-exchange", "change-cipher-spec"}, "client", "dtls flight 5"},
		{[]string{"change-cipher-spec", "handshake", "encrypted-handshake"}, "server", "dtls flight 6"},
		{[]string{"application-data"}, "client", "dtls application-data"},
	} {
		d := recorder.PacketSent{Src: test.src, Protocol: "dtls", Types: test.types}
		if got := m.packetKind(test.src, d); got != test.want {
			t.Errorf("%v: %s, want %s", test.types, got, test.want)
		}
		m.verified["client"] = true // by whatever has been sent
	}
}
