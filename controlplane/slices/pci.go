package slices

import (
	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/dynamic-resource-allocation/deviceattribute"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// addPCI says where on the PCI bus a device is, by the names that all drivers
// share, and what it is. What is not known is left out.
func (s *Slices) addPCI(d *resourceapi.Device, f *netagentv1.PciFunction) {
	for name, value := range map[resourceapi.QualifiedName]string{
		deviceattribute.StandardDeviceAttributePCIBusID: f.GetAddress(),
		deviceattribute.StandardDeviceAttributePCIeRoot: f.GetRoot(),
		s.name("vendor"): f.GetVendorId(),
		s.name("device"): f.GetDeviceId(),
		s.name("driver"): f.GetDriver(),
	} {
		if value != "" {
			d.Attributes[name] = resourceapi.DeviceAttribute{StringValue: &value}
		}
	}
	if numa := int64(f.GetNumaNode()); f != nil && numa >= 0 {
		d.Attributes[deviceattribute.StandardDeviceAttributeNUMANode] = resourceapi.DeviceAttribute{IntValue: &numa}
	}
}
