package bench

import "slices"

// median of numbers of which there is at least one.
func median(list []float64) float64 {
	return slices.Sorted(slices.Values(list))[len(list)/2]
}
