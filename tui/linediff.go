package tui

// A diffLine is a line of two texts that are compared.
type diffLine struct {
	mark byte // ' ': in both; '+': in the second only; '-': in the first only; '~': changed
	text string
	was  string // of a changed line
}

// diff compares two lists of lines by their longest common subsequence. A line
// that is gone and one that has come in its place with the same beginning, as
// key returns it, are one that has changed. It is for some hundred lines.
func diff(before, after []string, key func(line string) string) []diffLine {
	// common[i][j] is the length of the longest common subsequence of before[i:] and after[j:].
	common := make([][]int32, len(before)+1)
	for i := range common {
		common[i] = make([]int32, len(after)+1)
	}
	for i := len(before) - 1; i >= 0; i-- {
		for j := len(after) - 1; j >= 0; j-- {
			if before[i] == after[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var lines []diffLine
	var gone []string // not yet in lines
	flush := func() {
		for _, text := range gone {
			lines = append(lines, diffLine{mark: '-', text: text})
		}
		gone = nil
	}
	for i, j := 0, 0; i < len(before) || j < len(after); {
		switch {
		case i < len(before) && j < len(after) && before[i] == after[j]:
			flush()
			lines = append(lines, diffLine{mark: ' ', text: after[j]})
			i, j = i+1, j+1
		case j == len(after) || i < len(before) && common[i+1][j] >= common[i][j+1]:
			gone = append(gone, before[i])
			i++
		default:
			k := 0
			for k < len(gone) && key(gone[k]) != key(after[j]) {
				k++
			}
			if k < len(gone) {
				for _, text := range gone[:k] {
					lines = append(lines, diffLine{mark: '-', text: text})
				}
				lines = append(lines, diffLine{mark: '~', text: after[j], was: gone[k]})
				gone = gone[k+1:]
			} else {
				flush()
				lines = append(lines, diffLine{mark: '+', text: after[j]})
			}
			j++
		}
	}
	flush()
	return lines
}
