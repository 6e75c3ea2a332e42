package topology

import (
	"encoding/json"
	"fmt"
	"strings"
)

// shaped is what has a shape: what there is to see of it but for names and addresses.
type shaped interface{ shape() string }

// A run is some neighbours of the same shape: those that are shown, and those for which they stand.
type run[T shaped] struct{ shown, more []T }

// runs cuts a list into runs. Few in a row are all shown.
func runs[T shaped](list []T) []run[T] {
	const most, shown = 4, 3
	var all []run[T]
	for len(list) > 0 {
		n := 1
		for shape := list[0].shape(); n < len(list) && list[n].shape() == shape; n++ {
		}
		r := run[T]{shown: list[:n]}
		if n > most {
			r = run[T]{list[:shown], list[shown:n]}
		}
		all = append(all, r)
		list = list[n:]
	}
	return all
}

func (i *iface) shape() string {
	var others strings.Builder
	for _, other := range i.host.interfaces {
		if other != i {
			fmt.Fprintf(&others, "%q on %q,", other.Name, other.Network)
		}
	}
	return fmt.Sprintf("%q %q %v %s also %s", i.host.Server, i.Name, i.Up, written(i.Link), others.String())
}

func (n *network) shape() string {
	var inside strings.Builder
	for _, i := range n.hosts {
		fmt.Fprintf(&inside, "(%s)", i.shape())
	}
	for _, child := range n.children {
		fmt.Fprintf(&inside, "[%s]", child.shape())
	}
	return fmt.Sprintf("%d %q %q %s %s", len(n.Public), n.NAT, n.Firewall, written(n.Link), inside.String())
}

// written returns a value in a form that two values share only if they are equal.
func written(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own types are all JSON
	}
	return string(text)
}
