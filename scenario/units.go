package scenario

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Share is a part of a whole, from 0 to 1. Files have percents: 0.5% is 0.005.
type Share float64

func (s Share) String() string { return strconv.FormatFloat(float64(s)*100, 'g', 6, 64) + "%" }

// Rate is in bits per second. Files have bps, kbps, Mbps and Gbps.
type Rate int64

func (r Rate) String() string { return inUnits(int64(r), rateUnits) }

// Size is in bytes. Files have B, KB, MB and GB (powers of 1000), and KiB and MiB (powers of 1024).
type Size int64

func (s Size) String() string { return inUnits(int64(s), sizeUnits) }

// A unit is the name of a unit and how many of the basic unit it is.
type unit struct {
	name   string
	factor int64
}

// The units of rates and sizes, the largest first.
var (
	rateUnits = []unit{{"Gbps", 1e9}, {"Mbps", 1e6}, {"kbps", 1e3}, {"bps", 1}}
	sizeUnits = []unit{{"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"KB", 1e3}, {"B", 1}}
)

// inUnits writes a number with the largest unit that leaves it whole.
func inUnits(n int64, units []unit) string {
	for _, u := range units {
		if n != 0 && n%u.factor == 0 {
			return fmt.Sprint(n/u.factor, u.name)
		}
	}
	return fmt.Sprint(n, units[len(units)-1].name)
}

// A wrong says what is wrong with a value: the parts of an Error that do not depend on the place.
type wrong struct {
	code, message, hint string
}

// quantity takes a number apart from its unit.
var quantity = regexp.MustCompile(`^([+-]?(?:\d+\.?\d*|\.\d+)) ?([A-Za-z%/µ]*)$`)

// maxDuration is the longest duration that a scenario can hold; the longest limit, too.
const maxDuration = 24 * time.Hour

func parseDuration(text string) (time.Duration, *wrong) {
	d, err := time.ParseDuration(text)
	if err == nil {
		switch {
		case d < 0:
			return 0, &wrong{"negative", fmt.Sprintf("the duration %s is negative", text), ""}
		case d > maxDuration:
			return 0, &wrong{"out-of-range", fmt.Sprintf("%s is longer than 24h", text), "24h is the most"}
		}
		return d, nil
	}
	if m := quantity.FindStringSubmatch(text); m != nil && m[2] == "" {
		return 0, &wrong{"missing-unit", text + " has no unit", fmt.Sprintf("add a unit, such as %sms or %ss", text, text)}
	}
	return 0, &wrong{"wrong-type", fmt.Sprintf("%s is not a duration", quote(text)), "a duration is a number with a unit, such as 20ms, 1.5s, 2m or 1h30m"}
}

func parseShare(text string) (Share, *wrong) {
	m := quantity.FindStringSubmatch(text)
	switch {
	case m != nil && m[2] == "" && text != "0":
		return 0, &wrong{"missing-unit", text + " has no unit", fmt.Sprintf("a share is written in percent: %s%%", text)}
	case m == nil || m[2] != "%" && text != "0":
		return 0, &wrong{"wrong-type", fmt.Sprintf("%s is not a share", quote(text)), "a share is a number of percents, such as 0.5%"}
	}
	percent, err := strconv.ParseFloat(m[1], 64)
	if err != nil || percent < 0 || percent > 100 {
		return 0, &wrong{"out-of-range", fmt.Sprintf("%s is not between 0%% and 100%%", text), ""}
	}
	return Share(percent / 100), nil
}

func parseRate(text string) (Rate, *wrong) {
	n, w := parseQuantity(text, "rate", "768kbps or 10Mbps", rateUnits)
	if w == nil && n == 0 {
		w = &wrong{"out-of-range", "a rate of 0 lets nothing through", "a step network: NAME with down: true cuts a network off"}
	}
	return Rate(n), w
}

func parseSize(text string) (Size, *wrong) {
	n, w := parseQuantity(text, "size", "64KB", sizeUnits)
	return Size(n), w
}

// parseQuantity reads a number with one of the units. What is a word for the quantity.
func parseQuantity(text, what, example string, units []unit) (int64, *wrong) {
	m := quantity.FindStringSubmatch(text)
	if m == nil {
		return 0, &wrong{"wrong-type", fmt.Sprintf("%s is not a %s", quote(text), what), fmt.Sprintf("a %s is a number with a unit, such as %s", what, example)}
	}
	if m[2] == "" {
		return 0, &wrong{"missing-unit", text + " has no unit", fmt.Sprintf("add a unit, such as %s", example)}
	}
	names := make([]string, len(units))
	for i, u := range units {
		names[i] = u.name
		if u.name != m[2] {
			continue
		}
		n, err := strconv.ParseFloat(m[1], 64)
		switch n *= float64(u.factor); {
		case n < 0:
			return 0, &wrong{"negative", fmt.Sprintf("the %s %s is negative", what, text), ""}
		case err != nil || n > 1e12:
			return 0, &wrong{"out-of-range", fmt.Sprintf("the %s %s is too large", what, text), ""}
		case n > 0 && n < 1:
			return 0, &wrong{"out-of-range", fmt.Sprintf("the %s %s is too small", what, text), ""}
		}
		return int64(math.Round(n)), nil
	}
	return 0, &wrong{"unknown-unit", fmt.Sprintf("%s is not a unit of a %s", m[2], what), suggest(m[2], names)}
}

// quote quotes a text for a message, and shortens it.
func quote(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	if strings.Contains(text, `"`) && !strings.Contains(text, "'") && strconv.CanBackquote(text) {
		return "'" + text + "'"
	}
	return strconv.Quote(text)
}
