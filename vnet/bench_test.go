package vnet_test

import (
	"testing"

	"github.com/rtcsim/rtcsim/vnet"
)

// BenchmarkPacket sends packets of 1200 bytes one by one and reads each.
func BenchmarkPacket(b *testing.B) {
	for _, bench := range []struct {
		name     string
		networks []vnet.NetworkConfig
		from, to string
	}{
		{"core", nil, vnet.Core, vnet.Core},
		{"links", []vnet.NetworkConfig{{Name: "home"}, {Name: "office"}}, "home", "office"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			_, hosts := start(b, nil, bench.networks, "alice", bench.from, "bob", bench.to)
			x, y := listen(b, hosts[0], 1), listen(b, hosts[1], 1)
			payload := make([]byte, 1200)
			b.SetBytes(int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := x.WriteTo(payload, y.LocalAddr()); err != nil {
					b.Fatal(err)
				}
				if _, _, err := y.ReadFrom(payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
