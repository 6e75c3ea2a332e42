package filter

import (
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// A directory tells whose an address is: that of a packet that never arrived is all that says for whom it was.
type directory struct {
	recording Recording
	hosts     map[string]string // by address without port
}

// lateTopology is the number of the event by which the topology has been recorded, if it is.
const lateTopology = 100

// newDirectory reads the topology of a recording. It is nil as long as there is none that may still come.
func newDirectory(r Recording) *directory {
	d := &directory{recording: r, hosts: make(map[string]string)}
	for n := 1; n <= lateTopology; n++ {
		if n > r.Len() {
			return nil
		}
		if r.Entry(n).Kind != recorder.KindTopology {
			continue
		}
		if e, err := r.Event(n); err == nil {
			if data, err := e.Value(); err == nil {
				if topology, ok := data.(recorder.Topology); ok {
					d.add(topology)
				}
			}
		}
		break
	}
	return d
}

// add takes in the addresses of hosts, and those of the NATs that have a single peer behind them.
func (d *directory) add(topology recorder.Topology) {
	networks := make(map[string]recorder.TopologyNetwork)
	for _, network := range topology.Networks {
		networks[network.Name] = network
	}
	for _, host := range topology.Hosts {
		for _, i := range host.Interfaces {
			d.note(i.Address, host.Name)
			if host.Server != "" {
				continue
			}
			at, known := networks[i.Network]
			for range networks { // as deep as they can be nested
				if !known {
					break
				}
				for _, public := range at.Public {
					d.note(public, host.Name)
				}
				at, known = networks[at.Behind]
			}
		}
	}
}

// note adds an address of a host. One that several have says nothing.
func (d *directory) note(address, host string) {
	if known, ok := d.hosts[address]; ok && known != host {
		host = ""
	}
	d.hosts[address] = host
}

// host returns whose an address with a port is, empty where that is not known.
func (d *directory) host(address []byte) string {
	if d == nil {
		return ""
	}
	ip := string(address)
	if i := strings.LastIndexByte(ip, ':'); i >= 0 {
		ip = ip[:i]
	}
	return d.hosts[strings.Trim(ip, "[]")]
}
