package golden

import (
	"math"
	"regexp"
	"strconv"
	"time"
)

// Two times are the same if they differ by no more than a tenth, or 100 ms where that is more: the interval at which pion's
// ICE and its timers look around is of that size. Two counts are the same if they differ by no more than a tenth, or 2.
const (
	timeSlack  = 100 * time.Millisecond
	countSlack = 2
	shareSlack = 0.1
)

func near(a, b, slack float64) bool {
	return math.Abs(a-b) <= math.Max(slack, shareSlack*math.Max(math.Abs(a), math.Abs(b)))
}

// roughly finds a number that is compared with a tolerance: a time if it ends in s.
var roughly = regexp.MustCompile(`~(\d+(?:\.\d+)?)(s?)`)

// same tells whether two lines tell of the same.
func same(a, b line) bool {
	if a.who != b.who || a.more != b.more {
		return false
	}
	if a.at != b.at && (a.at == noTime || b.at == noTime || !near(a.at.Seconds(), b.at.Seconds(), timeSlack.Seconds())) {
		return false
	}
	if a.text == b.text {
		return true
	}
	as, bs := roughly.FindAllStringSubmatch(a.text, -1), roughly.FindAllStringSubmatch(b.text, -1)
	if len(as) == 0 || len(as) != len(bs) || roughly.ReplaceAllString(a.text, "~$2") != roughly.ReplaceAllString(b.text, "~$2") {
		return false
	}
	for i := range as {
		x, _ := strconv.ParseFloat(as[i][1], 64) // the expression lets only numbers through
		y, _ := strconv.ParseFloat(bs[i][1], 64)
		slack := float64(countSlack)
		if as[i][2] == "s" {
			slack = timeSlack.Seconds()
		}
		if !near(x, y, slack) {
			return false
		}
	}
	return true
}
