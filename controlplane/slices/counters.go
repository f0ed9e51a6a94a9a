package slices

import (
	"slices"
	"strings"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/dynamic-resource-allocation/resourceslice"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// function is the one counter of a function's set. Each of its faces takes all of
// it: the interface, the RDMA device, and the two as one. The scheduler charges a
// device that claims share once, with its first claim, so that the RDMA device can
// still be shared, and none of the others be had meanwhile.
const function = "function"

// share makes the faces of one function exclude each other, and returns the
// counters that they take.
func share(devices []resourceapi.Device, node []*netagentv1.NodeDevice) (sets []resourceapi.CounterSet) {
	for _, n := range node {
		c := n.GetCombo()
		if c == nil {
			continue
		}
		set, used := strings.TrimPrefix(n.GetName(), "combo-"), false
		for i := range devices {
			if slices.Contains([]string{n.GetName(), c.GetNetdevName(), c.GetRdmaName()}, devices[i].Name) {
				devices[i].ConsumesCounters = []resourceapi.DeviceCounterConsumption{{CounterSet: set, Counters: one()}}
				used = true
			}
		}
		if used {
			sets = append(sets, resourceapi.CounterSet{Name: set, Counters: one()})
		}
	}
	return sets
}

func one() map[string]resourceapi.Counter {
	return map[string]resourceapi.Counter{function: {Value: resource.MustParse("1")}}
}

// counterSlices are slices of their own, as the API wants it.
func counterSlices(sets []resourceapi.CounterSet) (out []resourceslice.Slice) {
	for part := range slices.Chunk(sets, resourceapi.ResourceSliceMaxCounterSets) {
		out = append(out, resourceslice.Slice{SharedCounters: part})
	}
	return out
}
