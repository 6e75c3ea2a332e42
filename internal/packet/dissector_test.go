package packet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/packet"
	"github.com/rtcsim/rtcsim/vnet"
)

func TestShow(t *testing.T) {
	nat := &vnet.NAT{Filtering: vnet.AddressAndPortDependent}
	for name, s := range map[string]session{
		"chat":    {networks: [2]vnet.NetworkConfig{delayed(5*time.Millisecond, 0.1, nat), delayed(5*time.Millisecond, 0.1, nat)}, messages: 20, size: 1000},
		"relayed": {networks: [2]vnet.NetworkConfig{delayed(5*time.Millisecond, 0, nat), delayed(5*time.Millisecond, 0, nat)}, relayed: true, messages: 3, size: 4000},
		"call":    {networks: [2]vnet.NetworkConfig{delayed(5*time.Millisecond, 0.03, nat), delayed(5*time.Millisecond, 0.03, nat)}, media: true},
	} {
		c := s.run(t)
		fmt.Println("==", name)
		ps := c.packets((*packet.Dissector).Dissect, true)
		ds := c.datagrams()
		for i, p := range ps {
			fmt.Printf("%d %s %v->%v [%s] %s | %s ans=%d\n", ds[i].ID, ds[i].From, ds[i].Src, ds[i].Dst, strings.Join(p.Protocols, " "), strings.Join(p.Types, " "), p.Summary, p.Answers)
		}
	}
	_ = slices.Contains[[]string]
}
