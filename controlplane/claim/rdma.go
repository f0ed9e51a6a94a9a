package claim

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// ethernet is the link layer that RoCE works over.
const ethernet = "Ethernet"

// roceNetdevs are the kinds of interfaces that can go with any RDMA device: those
// that are made for the claim, and a card that it names.
var roceNetdevs = []v1alpha1.Kind{
	v1alpha1.KindMacvlan, v1alpha1.KindIpvlan, v1alpha1.KindVeth, v1alpha1.KindDummy, v1alpha1.KindHostDevice,
}

// rdmaOf is the RDMA device that was allocated, alone or with its function; nil for
// another device.
func rdmaOf(node *netagentv1.NodeDevice) *netagentv1.NodeRdmaDevice {
	return cmp.Or(node.GetRdma(), node.GetCombo().GetRdma())
}

// fitRDMA refuses what the allocated RDMA device cannot be, and gives an
// interface that goes with it the parent that it leaves open. A device that is
// no RDMA device fits.
func fitRDMA(c *v1alpha1.DeviceConfig, node *netagentv1.NodeDevice, driver string) error {
	r := rdmaOf(node)
	switch {
	case r == nil:
		return nil
	case c.Type == v1alpha1.TypeCombo:
		if err := prefer(c.Combo.RDMA, field.NewPath("combo", "rdma"), r, driver); err != nil {
			return err
		}
		if err := fitFunction(c.Combo.Netdev, field.NewPath("combo", "netdev"), node, driver); err != nil {
			return err
		}
		return fitRoce(c.Combo.Netdev, field.NewPath("combo"), r)
	}
	return prefer(c.RDMA, field.NewPath("rdma"), r, driver)
}

// prefer refuses another device than the claim names: to take that one instead
// would be behind the scheduler's back.
func prefer(config *v1alpha1.RDMA, path *field.Path, r *netagentv1.NodeRdmaDevice, driver string) error {
	if config.PreferDevice == "" || config.PreferDevice == r.GetIbdev() {
		return nil
	}
	return field.Invalid(path.Child("preferDevice"), config.PreferDevice, fmt.Sprintf(
		"the allocated RDMA device is %s: request the other one with the CEL selector device.attributes[%q].ibdev == %q",
		r.GetIbdev(), driver, config.PreferDevice))
}

func fitRoce(n *v1alpha1.Netdev, path *field.Path, r *netagentv1.NodeRdmaDevice) error {
	switch {
	case r.GetLinkLayer() != ethernet:
		return field.Invalid(path.Child("kind"), v1alpha1.KindRoce, fmt.Sprintf(
			"the allocated RDMA device %s has the link layer %q, roce needs %s: claim it with type rdma", r.GetIbdev(), r.GetLinkLayer(), ethernet))
	case n.NeedsParent() && r.GetNetdev() == "":
		return field.Required(path.Child("netdev", "parent"), fmt.Sprintf(
			"the RDMA device %s has no link on this node that a %s could be made on: name one", r.GetIbdev(), n.Kind))
	case n.NeedsParent():
		n.Parent = r.GetNetdev()
	}
	return nil
}
