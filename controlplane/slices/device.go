package slices

import (
	"context"
	"slices"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/dynamic-resource-allocation/resourceslice"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// perSlice is resourceapi.ResourceSliceMaxDevices with any of the features that
// halve it: taints, list attributes, counters.
const perSlice = 64

// devices turns what netagent says into what is published, in a stable order. The
// virtual device comes first and combinations last: the scheduler takes the first
// that fits, so that a request which does not say what it wants leaves the node's
// hardware alone, and one that needs an RDMA device leaves its function alone.
func (s *Slices) devices(ctx context.Context, node []*netagentv1.NodeDevice) []resourceapi.Device {
	var devices, combos []resourceapi.Device
	slots := s.slots(ctx, node)
	for _, d := range node {
		switch {
		case d.GetVirtualLinks() != nil:
			devices = slices.Insert(devices, 0, s.virtual(slots))
		case d.GetVf() != nil:
			devices = append(devices, s.vf(d.GetName(), d.GetVf()))
		case d.GetNic() != nil:
			devices = append(devices, s.nic(d.GetName(), d.GetNic()))
		case d.GetRdma() != nil:
			devices = append(devices, s.rdma(d.GetName(), d.GetRdma(), slots))
		case d.GetCombo() != nil:
			combos = append(combos, s.combo(d.GetName(), d.GetCombo()))
		}
	}
	return append(devices, combos...)
}

// name puts an attribute or capacity into the driver's domain. Capacities are
// looked up by their exact key, so that a claim's request must name the domain.
func (s *Slices) name(id string) resourceapi.QualifiedName {
	return resourceapi.QualifiedName(s.cfg.Driver + "/" + id)
}

// divide spreads devices over slices. A pool without devices has one empty
// slice, which says that the driver is there.
func divide(devices []resourceapi.Device) []resourceslice.Slice {
	if len(devices) == 0 {
		return []resourceslice.Slice{{}}
	}
	var out []resourceslice.Slice
	for part := range slices.Chunk(devices, perSlice) {
		out = append(out, resourceslice.Slice{Devices: part})
	}
	return out
}
