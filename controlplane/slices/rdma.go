package slices

import (
	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// rdma is an RDMA device. In shared mode many claims can have it: each takes one of
// its slots unless it asks for more. In exclusive mode one claim can.
func (s *Slices) rdma(name string, r *netagentv1.NodeRdmaDevice, slots int64) resourceapi.Device {
	d := resourceapi.Device{Name: name, Attributes: map[resourceapi.QualifiedName]resourceapi.DeviceAttribute{}}
	if !r.GetExclusive() {
		s.share(&d, slots)
	}
	s.addText(&d, map[string]string{"type": string(v1alpha1.TypeRDMA), "kind": string(v1alpha1.KindUverbs)})
	s.addRDMA(&d, r)
	s.addPCI(&d, r.GetPci())
	return d
}

// share lets many claims have a device.
func (s *Slices) share(d *resourceapi.Device, slots int64) {
	shared := true
	one := resource.MustParse("1")
	d.AllowMultipleAllocations = &shared
	d.Capacity = map[resourceapi.QualifiedName]resourceapi.DeviceCapacity{
		s.name("slots"): {
			Value:         *resource.NewQuantity(slots, resource.DecimalSI),
			RequestPolicy: &resourceapi.CapacityRequestPolicy{Default: &one},
		},
	}
}

// addRDMA says what an RDMA device is.
func (s *Slices) addRDMA(d *resourceapi.Device, r *netagentv1.NodeRdmaDevice) {
	mode := "shared"
	if r.GetExclusive() {
		mode = "exclusive"
	}
	s.addText(d, map[string]string{
		"netnsMode": mode, "ibdev": r.GetIbdev(), "nodeGUID": r.GetNodeGuid(), "linkLayer": r.GetLinkLayer(),
		"netdev": r.GetNetdev(), "firmware": r.GetFirmware(), "portState": r.GetPortState(),
	})
}
