package golden

import (
	"math"
	"regexp"
	"strconv"
)

// Two times are the same if they differ by no more than 100 ms or a fiftieth, whichever is more: half an interval of ICE's
// checks. Two counts are the same if they differ by no more than 2 or a tenth.
const (
	timeSlack  = 0.1 // seconds
	timeShare  = 0.02
	countSlack = 2
	countShare = 0.1
)

func near(a, b, slack, share float64) bool {
	return math.Abs(a-b) <= math.Max(slack, share*math.Max(a, b))
}

// roughly finds a number that is compared with a tolerance: a time if it ends in s.
var roughly = regexp.MustCompile(`~(\d+(?:\.\d+)?)(s?)`)

// same tells whether two lines tell of the same.
func same(a, b line) bool {
	if a.who != b.who || a.more != b.more {
		return false
	}
	if a.at != b.at && (a.at == noTime || b.at == noTime || !near(a.at.Seconds(), b.at.Seconds(), timeSlack, timeShare)) {
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
		slack, share := float64(countSlack), countShare
		if as[i][2] == "s" {
			slack, share = timeSlack, timeShare
		}
		if !near(x, y, slack, share) {
			return false
		}
	}
	return true
}
