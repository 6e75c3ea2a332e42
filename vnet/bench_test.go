package vnet_test

import (
	"fmt"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/vnet"
)

// BenchmarkPacket sends packets of 1200 bytes one by one and reads each: on the
// core, over the links of two networks, in by a NAT, from NAT to NAT, and from
// and to networks behind two NATs each.
func BenchmarkPacket(b *testing.B) {
	home, office := vnet.NetworkConfig{Name: "home"}, vnet.NetworkConfig{Name: "office"}
	natted := func(n vnet.NetworkConfig, behind string) vnet.NetworkConfig {
		n.NAT, n.Behind = &vnet.NAT{}, behind
		return n
	}
	for _, bench := range []struct {
		name     string
		networks []vnet.NetworkConfig
		from, to string
	}{
		{"core", nil, vnet.Core, vnet.Core},
		{"links", []vnet.NetworkConfig{home, office}, "home", "office"},
		{"nat", []vnet.NetworkConfig{home, natted(office, "")}, "home", "office"},
		{"nats", []vnet.NetworkConfig{natted(home, ""), natted(office, "")}, "home", "office"},
		{"carriers", []vnet.NetworkConfig{
			natted(home, "east"), natted(vnet.NetworkConfig{Name: "east"}, ""),
			natted(office, "west"), natted(vnet.NetworkConfig{Name: "west"}, ""),
		}, "home", "office"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			_, hosts := start(b, nil, bench.networks, "alice", bench.from, "bob", bench.to, "server", vnet.Core)
			x, y, server := listen(b, hosts[0], 1), listen(b, hosts[1], 1), listen(b, hosts[2], 1)
			payload := make([]byte, 1200)
			send := func(from net.PacketConn, to net.Addr) {
				if _, err := from.WriteTo(payload, to); err != nil {
					b.Fatal(err)
				}
			}
			read := func(c net.PacketConn) net.Addr {
				_, from, err := c.ReadFrom(payload)
				if err != nil {
					b.Fatal(err)
				}
				return from
			}
			send(y, server.LocalAddr())
			bob := read(server) // bob's public address
			b.SetBytes(int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				send(x, bob)
				read(y)
			}
		})
	}
}

// BenchmarkInternet makes an internet with 100 networks of one kind, and
// reports what each costs.
func BenchmarkInternet(b *testing.B) {
	const n = 100
	for _, bench := range []struct {
		name string
		nat  *vnet.NAT
	}{{"networks", nil}, {"nats", &vnet.NAT{}}} {
		b.Run(bench.name, func(b *testing.B) {
			var networks []vnet.NetworkConfig
			for i := range n {
				networks = append(networks, vnet.NetworkConfig{Name: fmt.Sprint("n", i), NAT: bench.nat})
			}
			before, begin := heap(), time.Now()
			in, err := vnet.New(vnet.Config{Networks: networks, Random: streams(1)})
			if err != nil {
				b.Fatal(err)
			}
			if err := in.Start(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(time.Since(begin).Nanoseconds())/n, "ns/network")
			b.ReportMetric(float64(heap()-before)/n, "B/network")
			b.ReportMetric(0, "ns/op")
			if err := in.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkMapping has a NAT send to a new remote endpoint each time, and
// reports what the NAT remembers of it in bytes.
func BenchmarkMapping(b *testing.B) {
	for _, mapping := range []vnet.Behavior{vnet.EndpointIndependent, vnet.AddressAndPortDependent} {
		b.Run(mapping.String(), func(b *testing.B) {
			const n = 10_000
			in, hosts := start(b, nil, []vnet.NetworkConfig{{Name: "home", NAT: &vnet.NAT{Mapping: mapping}}}, "alice", "home")
			c := listen(b, hosts[0], 1)
			before := heap()
			for i := range n {
				if _, err := c.WriteTo(nil, addr("198.19.0.9", i+1)); err != nil {
					b.Fatal(err)
				}
			}
			for in.InFlight() > 0 {
				time.Sleep(time.Millisecond)
			}
			b.ReportMetric(float64(heap()-before)/n, "B/endpoint")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// heap is the size of what is reachable, in bytes.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
