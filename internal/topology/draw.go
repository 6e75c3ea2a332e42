// Package topology draws a simulated internet: which networks, hosts and servers there are, what lies between them, and
// how long a packet takes from one peer to another.
package topology

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/rtcsim/rtcsim/recorder"
)

// Options say how a drawing looks.
type Options struct {
	// Width is the number of columns; 0 means 80. Less than 40 is as 40.
	Width int
	// ASCII draws without any character that is not in ASCII.
	ASCII bool
}

// Draw draws a topology as a tree that begins at the internet. Below each network's name is what a packet meets on its way
// from the network around it: the link, the NAT, the firewall; then come its hosts, and the networks behind it. Where many in a
// row differ only in names and addresses, the first few stand for all. Below the tree are the ways between the peers. The
// renderer decides about colour. The error is out's.
func Draw(out io.Writer, renderer *lipgloss.Renderer, t recorder.Topology, o Options) error {
	if o.Width == 0 {
		o.Width = 80
	}
	d := &drawing{
		topology: newGraph(t),
		lines:    lines{width: max(o.Width, 40), marks: unicode},
		style:    newStyles(renderer),
	}
	if o.ASCII {
		d.marks = ascii
	}
	for i, n := range d.topology.roots {
		if i > 0 {
			d.blank()
		}
		d.network(n, "", "")
	}
	d.ways()
	_, err := io.WriteString(out, d.String())
	return err
}

// marks are the characters of a drawing that are not the topology's own.
type marks struct {
	fork, last, trunk, gap string // of the tree, all of the same width
	arrow, both, ellipsis  string
	dot                    string // between parts of a line
}

var (
	unicode = marks{"├── ", "└── ", "│   ", "    ", "→", "⇄", "…", " · "}
	ascii   = marks{"|-- ", "`-- ", "|   ", "    ", "->", "<->", "...", "; "}
)

type styles struct {
	plain, dim, bold, bad, warn, server lipgloss.Style
	peers                               []lipgloss.Style
}

// newStyles returns the colours of a transcript.
func newStyles(renderer *lipgloss.Renderer) styles {
	colour := func(light, dark string) lipgloss.Style {
		return renderer.NewStyle().Foreground(lipgloss.AdaptiveColor{Light: light, Dark: dark})
	}
	return styles{
		plain:  renderer.NewStyle(),
		dim:    renderer.NewStyle().Faint(true),
		bold:   renderer.NewStyle().Bold(true),
		bad:    colour("160", "203").Bold(true),
		warn:   colour("130", "214"),
		server: colour("28", "78"),
		peers:  []lipgloss.Style{colour("25", "75"), colour("130", "215"), colour("90", "177"), colour("30", "80")},
	}
}

type drawing struct {
	topology *graph
	lines
	style styles
}

// network draws a network and all that is in it. The first line begins with lead, the others with follow.
func (d *drawing) network(n *network, lead, follow string) {
	d.text(d.style.dim, lead)
	d.text(d.style.bold, n.Name)
	d.text(d.style.dim, "  "+n.Subnet)
	d.end()

	margin := follow + d.marks.gap[:2]
	if len(n.hosts)+len(n.children) > 0 {
		margin = follow + d.marks.trunk
	}
	if n.Link != nil {
		d.attribute(margin, "link", d.link(n.Link))
	}
	if n.NAT != "" || len(n.Public) > 0 {
		parts := []span{{d.style.bold, addresses(n.Public)}}
		for _, words := range strings.Split(n.NAT, ", ") {
			parts = append(parts, span{d.style.plain, words})
		}
		d.attribute(margin, "NAT", parts)
	}
	if n.Firewall != "" {
		var parts []span
		for _, words := range strings.Split(n.Firewall, ", ") {
			parts = append(parts, span{d.style.warn, words})
		}
		d.attribute(margin, "firewall", parts)
	}

	names, wide := 0, 0
	hosts, networks := runs(n.hosts), runs(n.children)
	for _, r := range hosts {
		for _, h := range r.shown {
			names, wide = max(names, lipgloss.Width(h.host.Name)), max(wide, len(h.Address))
		}
	}
	branch := func(last bool) (lead, next string) {
		if last {
			return follow + d.marks.last, follow + d.marks.gap
		}
		return follow + d.marks.fork, follow + d.marks.trunk
	}
	for i, r := range hosts {
		end := i == len(hosts)-1 && len(networks) == 0
		for j, h := range r.shown {
			lead, next := branch(end && j == len(r.shown)-1 && len(r.more) == 0)
			d.host(h, lead, next, names, wide)
		}
		if len(r.more) > 0 {
			first, last := r.more[0], r.more[len(r.more)-1]
			lead, next := branch(end)
			d.more(lead, next, len(r.more), first.host.Name, last.host.Name)
		}
	}
	for i, r := range networks {
		end := i == len(networks)-1
		for j, child := range r.shown {
			lead, next := branch(end && j == len(r.shown)-1 && len(r.more) == 0)
			d.network(child, lead, next)
		}
		if len(r.more) > 0 {
			first, last := r.more[0], r.more[len(r.more)-1]
			lead, next := branch(end)
			d.more(lead, next, len(r.more), first.withHosts(), last.withHosts())
		}
	}
}

// more says how many there are of which nothing is drawn.
func (d *drawing) more(lead, follow string, n int, first, last string) {
	d.text(d.style.dim, lead)
	d.flow(follow, " ", []span{
		{d.style.dim, fmt.Sprintf("%s and %d more like it:", d.marks.ellipsis, n)},
		{d.style.dim, first + " to " + last},
	})
}

// host draws a host's interface on the network, with the others that it has in a few words.
func (d *drawing) host(i *iface, lead, follow string, names, wide int) {
	h := i.host
	d.text(d.style.dim, lead)
	d.text(d.hostStyle(h), pad(h.Name, names))
	d.text(d.style.plain, "  "+pad(i.Address, wide)+"  ")
	var parts []span
	if h.Server != "" {
		parts = append(parts, span{d.style.plain, h.Server})
	}
	if h.Server == "" || len(h.interfaces) > 1 {
		parts = append(parts, span{d.style.dim, i.Name})
	}
	if !i.Up {
		parts = append(parts, span{d.style.bad, "down"})
	}
	var others []string
	for _, other := range h.interfaces {
		if other != i {
			others = append(others, other.Name+" on "+other.Network)
		}
	}
	if len(others) > 0 {
		parts = append(parts, span{d.style.dim, "also " + strings.Join(others, ", ")})
	}
	d.flow(follow+d.marks.gap, d.marks.dot, parts)
	if i.Link != nil {
		d.attribute(follow+d.marks.gap[:2], "link", d.link(i.Link))
	}
}

// hostStyle returns a peer's colour, which is that of its place among the peers, or a server's.
func (d *drawing) hostStyle(h *host) lipgloss.Style {
	if h.Server != "" {
		return d.style.server
	}
	return d.style.peers[slices.Index(d.topology.peers, h)%len(d.style.peers)]
}

// attribute draws what a network or a host has.
func (d *drawing) attribute(margin, label string, parts []span) {
	const column = len("firewall  ")
	d.text(d.style.dim, margin+pad(label, column))
	d.flow(margin+strings.Repeat(" ", column), d.marks.dot, parts)
}

// addresses lists the public addresses of a NAT.
func addresses(list []string) string {
	if n := len(list); n > 3 {
		return fmt.Sprintf("%s to %s (%d addresses)", list[0], list[n-1], n)
	}
	return strings.Join(list, ", ")
}
