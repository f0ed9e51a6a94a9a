package slices

import (
	"context"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// rdma is an RDMA device, which many claims can share: each takes one of its
// slots unless it asks for more. In exclusive mode this version cannot prepare
// it, so that it is not published.
func (s *Slices) rdma(ctx context.Context, name string, r *netagentv1.NodeRdmaDevice, slots int64) (resourceapi.Device, bool) {
	if r.GetExclusive() {
		logging.From(ctx).Warn("RDMA device is not published: in exclusive network namespace mode it cannot be prepared; the mode must be shared",
			"device", r.GetIbdev())
		return resourceapi.Device{}, false
	}
	shared := true
	one := resource.MustParse("1")
	d := resourceapi.Device{
		Name:                     name,
		AllowMultipleAllocations: &shared,
		Attributes:               map[resourceapi.QualifiedName]resourceapi.DeviceAttribute{},
		Capacity: map[resourceapi.QualifiedName]resourceapi.DeviceCapacity{
			s.name("slots"): {
				Value:         *resource.NewQuantity(slots, resource.DecimalSI),
				RequestPolicy: &resourceapi.CapacityRequestPolicy{Default: &one},
			},
		},
	}
	s.addText(&d, map[string]string{"type": string(v1alpha1.TypeRDMA), "kind": string(v1alpha1.KindUverbs)})
	s.addRDMA(&d, r)
	s.addPCI(&d, r.GetPci())
	return d, true
}

// addRDMA says what an RDMA device is.
func (s *Slices) addRDMA(d *resourceapi.Device, r *netagentv1.NodeRdmaDevice) {
	s.addText(d, map[string]string{
		"netnsMode": "shared", "ibdev": r.GetIbdev(), "nodeGUID": r.GetNodeGuid(), "linkLayer": r.GetLinkLayer(),
		"netdev": r.GetNetdev(), "firmware": r.GetFirmware(), "portState": r.GetPortState(),
	})
}
