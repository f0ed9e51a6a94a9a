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
	if c.Type == v1alpha1.TypeNetdev && c.Netdev.Kind == v1alpha1.KindHostDevice {
		if done, err := fitHostDevice(c.Netdev, d); done {
			return err
		}
	}
	if slices.Contains(kindsOf(d), c.DeviceKind()) {
		return fitRDMA(c, d.Node, driver)
	}
	return field.Invalid(field.NewPath(string(c.Type), "kind"), c.DeviceKind(), fmt.Sprintf(
		"the allocated device is %s, which cannot be a %s: request one that can, with the CEL selector %s%s",
		d.Device, c.DeviceKind(), selector(c, driver), orByName(c, d)))
}

// fitHostDevice fits a card of the node: one that was allocated, or one that is
// named, which the virtual device can be.
func fitHostDevice(n *v1alpha1.Netdev, d *Device) (done bool, err error) {
	path := field.NewPath("netdev", "hostDevice")
	nic := d.Node.GetNic()
	switch {
	case d.Device == VirtualDevice && n.HostDevice != "":
		return true, nil
	case nic != nil && n.HostDevice != "" && n.HostDevice != nic.GetLink():
		return true, field.Invalid(path, n.HostDevice, fmt.Sprintf(
			"the allocated device %s is %s: leave it out, or name a card by claiming %s", d.Device, nic.GetLink(), VirtualDevice))
	}
	return false, nil
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
	case *netagentv1.NodeDevice_Combo:
		return []v1alpha1.Kind{v1alpha1.KindRoce}
	}
	return nil
}

// orByName is the other way to a card of the node.
func orByName(c *v1alpha1.DeviceConfig, d *Device) string {
	if c.Type == v1alpha1.TypeNetdev && c.Netdev.Kind == v1alpha1.KindHostDevice && d.Device == VirtualDevice {
		return ", or name a card of the node in netdev.hostDevice"
	}
	return ""
}

// selector is the expression that requests a device for the configuration, by
// the attributes that the driver publishes.
func selector(c *v1alpha1.DeviceConfig, driver string) string {
	if c.Type == v1alpha1.TypeCombo && c.Combo.Netdev.Kind == v1alpha1.KindSriovVf {
		return comboSelector(v1alpha1.KindSriovVf, driver)
	}
	if c.Type != v1alpha1.TypeNetdev {
		return fmt.Sprintf("device.attributes[%q].type == %q", driver, v1alpha1.TypeRDMA)
	}
	kind := string(c.Netdev.Kind)
	if slices.Contains(virtualKinds, c.Netdev.Kind) {
		kind = "virtual"
	}
	return fmt.Sprintf("device.attributes[%q].kind == %q", driver, kind)
}
