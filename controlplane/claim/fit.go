package claim

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
)

// VirtualDevice is the one device of a node that links are made of.
const VirtualDevice = "netdev-virtual"

// virtualKinds are the kinds that need no device of their own on the node.
var virtualKinds = []v1alpha1.Kind{
	v1alpha1.KindMacvlan, v1alpha1.KindIpvlan, v1alpha1.KindVeth, v1alpha1.KindDummy, v1alpha1.KindIpoib,
}

// fit refuses a kind that the allocated device cannot be. There is no fallback
// to another kind or device.
func fit(c *v1alpha1.DeviceConfig, device, driver string) error {
	if device != VirtualDevice {
		return fmt.Errorf("device %q is unknown to this version of the driver, it can prepare %s only", device, VirtualDevice)
	}
	if c.Type == v1alpha1.TypeNetdev && slices.Contains(virtualKinds, c.Netdev.Kind) {
		return nil
	}
	return field.Invalid(field.NewPath(string(c.Type), "kind"), c.DeviceKind(), fmt.Sprintf(
		"the allocated device is %s, which cannot be a %s: request one that can, with the CEL selector %s",
		device, c.DeviceKind(), selector(c, driver)))
}

// selector is the expression that requests a device for the configuration, by
// the attributes that the driver publishes.
func selector(c *v1alpha1.DeviceConfig, driver string) string {
	if c.Type == v1alpha1.TypeNetdev {
		return fmt.Sprintf("device.attributes[%q].kind == %q", driver, c.Netdev.Kind)
	}
	return fmt.Sprintf("device.attributes[%q].type == %q", driver, v1alpha1.TypeRDMA)
}
