package golden

import (
	"fmt"
	"slices"
)

// edit is a line of a comparison: ' ' where both have it, '-' where only the golden text does, '+' where only the new one.
type edit struct {
	op byte
	line
}

// compare compares the lines of a golden text with new ones, lane by lane. What both have is as the golden text has it, and
// in its order; so the text that is left without the - is the smallest change of it.
func compare(golden, now []line) []edit {
	lanes := make(map[string]*lane)
	var order []*lane
	find := func(name string) *lane {
		if lanes[name] == nil {
			lanes[name] = new(lane)
			order = append(order, lanes[name])
		}
		return lanes[name]
	}
	for i, l := range golden {
		lane := find(l.lane())
		lane.golden = append(lane.golden, i)
	}
	for i, l := range now {
		lane := find(l.lane())
		lane.now = append(lane.now, i)
	}
	gone := make([]bool, len(golden))
	added := make([][]int, len(golden)+1) // the new lines that stand before each golden one, and at the end
	for _, lane := range order {
		a, b := lane.golden, lane.now
		place := 0  // where the line that was passed last stands, whether it is golden or new
		passed := 0 // how many golden lines of the lane were passed
		for _, p := range align(len(a), len(b), func(i, j int) bool { return same(golden[a[i]], now[b[j]]) }) {
			if p.a >= 0 {
				gone[a[p.a]] = p.b < 0
				passed = p.a + 1
				place = a[p.a] + 1
				continue
			}
			l := now[b[p.b]]
			next := len(golden)
			if passed < len(a) {
				next = a[passed]
			}
			// As far down as its time leads, but before what comes next in its lane, and together with what it belongs to.
			for !l.more && place < next && golden[place].at <= l.at {
				place++
			}
			added[place] = append(added[place], b[p.b])
		}
	}
	var edits []edit
	for i := 0; ; i++ {
		slices.Sort(added[i])
		for _, n := range added[i] {
			edits = append(edits, edit{'+', now[n]})
		}
		if i == len(golden) {
			return edits
		}
		op := byte(' ')
		if gone[i] {
			op = '-'
		}
		edits = append(edits, edit{op, golden[i]})
	}
}

// lane holds where the lines of one lane are in the golden text and in the new one.
type lane struct{ golden, now []int }

// pair are an element of each of two sequences that are the same; -1 on the side that has none.
type pair struct{ a, b int }

// align finds a longest common subsequence. What only a has comes before what only b has.
func align(n, m int, same func(i, j int) bool) []pair {
	var pairs []pair
	head := 0
	for head < n && head < m && same(head, head) {
		pairs = append(pairs, pair{head, head})
		head++
	}
	tail := 0
	for tail < n-head && tail < m-head && same(n-1-tail, m-1-tail) {
		tail++
	}
	rows, columns := n-head-tail, m-head-tail
	// common[i][j] is its length from the i-th and the j-th on, between head and tail.
	common := make([][]int32, rows+1)
	for i := range common {
		common[i] = make([]int32, columns+1)
	}
	for i := rows - 1; i >= 0; i-- {
		for j := columns - 1; j >= 0; j-- {
			if same(head+i, head+j) {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < rows || j < columns; {
		switch {
		case i < rows && j < columns && same(head+i, head+j):
			pairs = append(pairs, pair{head + i, head + j})
			i, j = i+1, j+1
		case j == columns || i < rows && common[i+1][j] >= common[i][j+1]:
			pairs = append(pairs, pair{head + i, -1})
			i++
		default:
			pairs = append(pairs, pair{-1, head + j})
			j++
		}
	}
	for ; tail > 0; tail-- {
		pairs = append(pairs, pair{n - tail, m - tail})
	}
	return pairs
}

// differ tells whether there is a difference among the edits.
func differ(edits []edit) bool {
	return slices.ContainsFunc(edits, func(e edit) bool { return e.op != ' ' })
}

// context is how many equal lines are shown around a difference.
const context = 3

// appendDiff appends the edits as a unified diff.
func appendDiff(b []byte, edits []edit) []byte {
	shown := make([]bool, len(edits))
	for i, e := range edits {
		if e.op != ' ' {
			for k := max(0, i-context); k <= min(len(edits)-1, i+context); k++ {
				shown[k] = true
			}
		}
	}
	skipped := 0
	for i, e := range edits {
		if !shown[i] {
			skipped++
			continue
		}
		if skipped > 0 {
			b = fmt.Appendf(b, "@@ %s @@\n", count(skipped, "line"))
			skipped = 0
		}
		for text := range linesOf(appendLines(nil, []line{e.line})) {
			b = append(b, e.op)
			b = append(b, text...)
		}
	}
	return b
}
