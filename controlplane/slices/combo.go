package slices

import (
	resourceapi "k8s.io/api/resource/v1"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// combo is a function with its RDMA device, for one claim. It has the attributes
// of both, and netdevKind says what its interface is.
func (s *Slices) combo(name string, c *netagentv1.Combo) resourceapi.Device {
	kind, d := v1alpha1.KindHostDevice, resourceapi.Device{}
	if vf := c.GetVf(); vf != nil {
		kind, d = v1alpha1.KindSriovVf, s.vf(name, vf)
	} else {
		d = s.nic(name, c.GetNic())
	}
	s.addRDMA(&d, c.GetRdma())
	s.addText(&d, map[string]string{
		"type": string(v1alpha1.TypeCombo), "kind": string(v1alpha1.KindRoce), "netdevKind": string(kind),
	})
	return d
}
