package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

type unit struct {
	name string
	size time.Duration
}

// unitOf is the largest unit of which d, rounded to three digits, has at least one.
func unitOf(d time.Duration) unit {
	for _, u := range []unit{{"s", time.Second}, {"ms", time.Millisecond}} {
		if float64(d)/float64(u.size) >= 0.9995 {
			return u
		}
	}
	return unit{"µs", time.Microsecond}
}

// in says how many units d is.
func (u unit) in(d time.Duration) float64 { return float64(d) / float64(u.size) }

func formatTime(d time.Duration) string {
	u := unitOf(d)
	return digits(u.in(d)) + " " + u.name
}

// digits writes three significant digits, and no more than three decimals.
func digits(v float64) string {
	decimals := 3
	for limit := 0.9995; decimals > 0 && math.Abs(v) >= limit; limit *= 10 {
		decimals--
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// formatNumber writes whole numbers as they are, others with three digits.
func formatNumber(v float64) string {
	if v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return digits(v)
}

func formatShare(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }

// none is told of a row without a floor.
const none = "–"

func formatRatio(r Row) string {
	if r.Floor == 0 {
		return none
	}
	return fmt.Sprintf("%.2f", r.Ratio())
}

func formatFloor(r Row) string {
	if len(r.FloorOf) == 0 {
		return none
	}
	return strings.Join(r.FloorOf, " + ")
}
