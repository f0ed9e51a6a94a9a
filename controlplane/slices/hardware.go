package slices

import (
	"net"

	resourceapi "k8s.io/api/resource/v1"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// hardware is what virtual functions and whole cards have in common. What is
// unknown is left out: a selector that asks for it then does not match. Speed is
// in Mbit/s.
func (s *Slices) hardware(name string, kind v1alpha1.Kind, pci *netagentv1.PciFunction, mac net.HardwareAddr, carrier bool, speed uint32) resourceapi.Device {
	d := resourceapi.Device{Name: name, Attributes: map[resourceapi.QualifiedName]resourceapi.DeviceAttribute{
		s.name("carrier"): {BoolValue: &carrier},
	}}
	s.addText(&d, map[string]string{
		"type": string(v1alpha1.TypeNetdev), "kind": string(kind), "pciAddress": pci.GetAddress(), "macAddress": mac.String(),
	})
	if speed != 0 {
		s.addNumber(&d, "speed", speed)
	}
	s.addPCI(&d, pci)
	return d
}

func (s *Slices) addText(d *resourceapi.Device, values map[string]string) {
	for id, value := range values {
		if value != "" {
			d.Attributes[s.name(id)] = resourceapi.DeviceAttribute{StringValue: &value}
		}
	}
}

func (s *Slices) addNumber(d *resourceapi.Device, id string, value uint32) {
	n := int64(value)
	d.Attributes[s.name(id)] = resourceapi.DeviceAttribute{IntValue: &n}
}
