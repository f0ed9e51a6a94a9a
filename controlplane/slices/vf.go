package slices

import (
	resourceapi "k8s.io/api/resource/v1"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// vf is a virtual function of a network card. Its carrier and speed are those of
// the card.
func (s *Slices) vf(name string, vf *netagentv1.Vf) resourceapi.Device {
	d := s.hardware(name, v1alpha1.KindSriovVf, vf.GetPci(), vf.GetMacAddress(), vf.GetCarrier(), vf.GetSpeed())
	s.addText(&d, map[string]string{"parent": vf.GetParent()})
	s.addNumber(&d, "vfIndex", vf.GetVfIndex())
	return d
}
