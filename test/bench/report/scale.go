package report

import (
	"strconv"
	"time"
)

// scale is a linear axis from zero.
type scale struct{ limit, step time.Duration }

const (
	// longest is how many medians a whisker may stretch the axis: one bad round in
	// a hundred shall not flatten all bars.
	longest = 3
	// steps that an axis has at most.
	steps = 5
)

func scaleOf(rows []Row) scale {
	var reach time.Duration
	for _, r := range rows {
		reach = max(reach, r.P50, min(r.P99, longest*r.P50))
	}
	step := roundStep(reach / steps)
	return scale{limit: max(step, (reach+step-1)/step*step), step: step}
}

// roundStep is the first of 1, 2, 5, 10, 20, … that is above at.
func roundStep(at time.Duration) time.Duration {
	for power := time.Duration(1); ; power *= 10 {
		for _, step := range []time.Duration{power, 2 * power, 5 * power} {
			if step > at {
				return step
			}
		}
	}
}

// share of the axis that d takes, up to all of it.
func (s scale) share(d time.Duration) float64 {
	return min(1, float64(d)/float64(s.limit))
}

// label of a tick, in the unit of the whole axis.
func (s scale) label(tick time.Duration) string {
	u := unitOf(s.limit)
	return strconv.FormatFloat(u.in(tick), 'f', -1, 64) + " " + u.name
}
