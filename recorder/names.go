package recorder

// names numbers names in the order in which they come, and counts their events.
type names struct {
	list    []string
	events  []int
	numbers map[string]uint32
}

func newNames() names {
	return names{numbers: make(map[string]uint32)}
}

// number returns the number of a name.
func (n *names) number(name string) uint32 {
	number, ok := n.numbers[name]
	if !ok {
		number = uint32(len(n.list))
		n.numbers[name] = number
		n.list = append(n.list, name)
		n.events = append(n.events, 0)
	}
	return number
}

// counts returns the names that have events, in the order in which they came.
func (n *names) counts() []Count {
	var counts []Count
	for i, name := range n.list {
		if n.events[i] > 0 {
			counts = append(counts, Count{name, n.events[i]})
		}
	}
	return counts
}
