// Package measure times things side by side: each round takes every step once,
// so that whatever slows the machine down slows all of them, and a step is told
// as a ratio to others of the same rounds. It knows nothing of what it measures.
package measure

import (
	"slices"
	"time"
)

// Samples are the times of one step, in the order of the rounds.
type Samples []time.Duration

// Quantile returns the time that a share q of the samples does not exceed; zero
// if there are none.
func (s Samples) Quantile(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// Median is the quantile of one half.
func (s Samples) Median() time.Duration { return s.Quantile(0.5) }

// Sum adds up the samples of each round.
func Sum(all ...Samples) Samples {
	if len(all) == 0 {
		return nil
	}
	sum := slices.Clone(all[0])
	for _, s := range all[1:] {
		for i := range sum {
			sum[i] += s[i]
		}
	}
	return sum
}

// LeastForDrift is how many samples it takes to tell a drift.
const LeastForDrift = 40

// Drift says how far the median of the last quarter is from that of the first,
// as a share of the smaller one: 0 is not at all. Fewer than [LeastForDrift] say
// nothing.
func (s Samples) Drift() float64 {
	if len(s) < LeastForDrift {
		return 0
	}
	quarter := len(s) / 4
	first, last := s[:quarter].Median(), s[len(s)-quarter:].Median()
	return float64(max(first, last))/float64(max(1, min(first, last))) - 1
}
