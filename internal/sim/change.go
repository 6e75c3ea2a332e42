package sim

import (
	"time"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// outage begins an outage or ends one, as a step says. It does not wait for one to end. change records a change and
// carries it out, and returns its event.
func outage(cause uint64, o scenario.Outage, up bool, change func(cause uint64, down bool) uint64) {
	switch {
	case up:
		change(cause, false)
	case o.Down:
		seq := change(cause, true)
		if o.DownFor > 0 {
			time.AfterFunc(o.DownFor, func() { change(seq, false) })
		}
	}
}

// word is what an outage or its end is called in a recording.
func word(down bool) string {
	if down {
		return "down"
	}
	return "up"
}

// record records a change of a network or a server.
func (n *network) record(cause uint64, name, change string) uint64 {
	return n.session.log.Add(name, recorder.KindNetwork, cause, recorder.NetworkChange{Change: change})
}

// changeNetwork carries out a step that changes a network.
func (n *network) changeNetwork(cause uint64, c *scenario.ChangeNetwork) error {
	config := n.session.scenario.Network(c.Name)
	if c.Set != nil && c.Set.Link != nil {
		config.Link = config.Link.With(*c.Set.Link)
		n.record(cause, c.Name, c.Set.Link.String())
		if err := n.internet.SetLink(c.Name, n.link(config.Link)); err != nil {
			return err
		}
	}
	if c.Set != nil && c.Set.Firewall != nil {
		n.record(cause, c.Name, "firewall "+c.Set.Firewall.String())
		if err := n.internet.SetFirewall(c.Name, n.firewall(c.Set.Firewall)); err != nil {
			return err
		}
	}
	if c.NAT != nil {
		n.record(cause, c.Name, "NAT "+c.NAT.String())
		if c.NAT.Expire {
			return n.internet.Expire(c.Name)
		}
		return n.internet.Rebind(c.Name, c.NAT.Rebind == "address")
	}
	var err error
	outage(cause, c.Outage, c.Up, func(cause uint64, down bool) uint64 {
		seq := n.record(cause, c.Name, word(down))
		err = n.internet.SetDown(c.Name, down)
		return seq
	})
	return err
}

// changeInterface carries out a step that changes an interface of a peer.
func (n *network) changeInterface(cause uint64, c *scenario.ChangeInterface) error {
	config := n.session.scenario.Peer(c.Peer).Interface(c.Interface)
	i := n.hosts[c.Peer].Interface(c.Interface)
	record := func(cause uint64, change string) uint64 {
		return n.session.log.Add(c.Peer, recorder.KindInterface, cause, recorder.Interface{
			Interface: c.Interface,
			Network:   i.Network(),
			Address:   i.Addr().String(),
			Up:        i.Up(),
			Change:    change,
		})
	}
	if c.Set != nil && c.Set.Link != nil {
		*config.Link = config.Link.With(*c.Set.Link)
		if err := i.SetLink(n.link(*config.Link)); err != nil {
			return err
		}
		record(cause, c.Set.Link.String())
	}
	if c.Set != nil && c.Set.Network != "" {
		if err := i.Move(c.Set.Network); err != nil {
			return err
		}
		record(cause, "network "+c.Set.Network)
	}
	outage(cause, c.Outage, c.Up, func(cause uint64, down bool) uint64 {
		i.SetDown(down)
		return record(cause, word(down))
	})
	return nil
}

// changeServer carries out a step that changes a server.
func (n *network) changeServer(cause uint64, c *scenario.ChangeServer) error {
	config, server := n.session.scenario.Server(c.Name), n.servers[c.Name]
	if c.Set != nil {
		*config.Link = config.Link.With(*c.Set.Link)
		n.record(cause, c.Name, c.Set.Link.String())
		return server.Host().Interfaces()[0].SetLink(n.link(*config.Link))
	}
	if c.Restart {
		n.record(cause, c.Name, "restart")
		if err := server.Restart(); err != nil {
			return err
		}
	}
	outage(cause, c.Outage, c.Up, func(cause uint64, down bool) uint64 {
		seq := n.record(cause, c.Name, word(down))
		server.Host().SetDown(down)
		return seq
	})
	return nil
}

// changeSignaling carries out a step that changes how messages between the applications travel.
func (g *signaling) changeSignaling(cause uint64, c *scenario.SignalingChange) {
	if text := c.Settings(); text != "" {
		g.change(cause, text, func(config *scenario.Signaling) { *config = config.With(*c) })
	}
	outage(cause, c.Outage, c.Up, func(cause uint64, down bool) uint64 {
		return g.change(cause, word(down), func(config *scenario.Signaling) { config.Down = down })
	})
}
