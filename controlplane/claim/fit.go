package claim

import (
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// VirtualDevice is the one device of a node that links are made of.
const VirtualDevice = "netdev-virtual"

// virtualKinds are the kinds that need no device of their own on the node.
var virtualKinds = []v1alpha1.Kind{
	v1alpha1.KindMacvlan, v1alpha1.KindIpvlan, v1alpha1.KindVeth, v1alpha1.KindDummy, v1alpha1.KindIpoib,
}

// fit refuses a kind that the allocated device cannot be. There is no fallback
// to another kind or device.
func fit(c *v1alpha1.DeviceConfig, d *Device, driver string) error {
	if d.Device != VirtualDevice && d.Node == nil {
		return errors.New("device " + d.Device + " is not on this node (any more), or netagent has not told of it yet")
	}
	if slices.Contains(kindsOf(d), c.DeviceKind()) {
		return fitRDMA(c, d.Node.GetRdma(), driver)
	}
	return field.Invalid(field.NewPath(string(c.Type), "kind"), c.DeviceKind(), fmt.Sprintf(
		"the allocated device is %s, which cannot be a %s: request one that can, with the CEL selector %s",
		d.Device, c.DeviceKind(), selector(c, driver)))
}

// kindsOf returns what an allocated device can be.
func kindsOf(d *Device) []v1alpha1.Kind {
	if d.Device == VirtualDevice {
		return virtualKinds
	}
	switch d.Node.GetDevice().(type) {
	case *netagentv1.NodeDevice_Vf:
		return []v1alpha1.Kind{v1alpha1.KindSriovVf}
	case *netagentv1.NodeDevice_Nic:
		return []v1alpha1.Kind{v1alpha1.KindHostDevice}
	case *netagentv1.NodeDevice_Rdma:
		return []v1alpha1.Kind{v1alpha1.KindUverbs, v1alpha1.KindRoce}
	}
	return nil
}

// selector is the expression that requests a device for the configuration, by
// the attributes that the driver publishes.
func selector(c *v1alpha1.DeviceConfig, driver string) string {
	if c.Type != v1alpha1.TypeNetdev {
		return fmt.Sprintf("device.attributes[%q].type == %q", driver, v1alpha1.TypeRDMA)
	}
	kind := string(c.Netdev.Kind)
	if slices.Contains(virtualKinds, c.Netdev.Kind) {
		kind = "virtual"
	}
	return fmt.Sprintf("device.attributes[%q].kind == %q", driver, kind)
}
