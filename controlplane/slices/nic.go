package slices

import (
	resourceapi "k8s.io/api/resource/v1"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// nic is a network card that a claim can have whole.
func (s *Slices) nic(name string, nic *netagentv1.Nic) resourceapi.Device {
	d := s.hardware(name, v1alpha1.KindHostDevice, nic.GetPci(), nic.GetMacAddress(), nic.GetCarrier(), nic.GetSpeed())
	s.addText(&d, map[string]string{"hostDevice": nic.GetLink()})
	return d
}
