package claim

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// fitFunction refuses, for the interface of a roce, another function than the one
// that was allocated with its RDMA device, and any where the RDMA device alone
// was: a virtual function, or a card, would be taken behind the scheduler's back.
func fitFunction(n *v1alpha1.Netdev, path *field.Path, node *netagentv1.NodeDevice, driver string) error {
	c := node.GetCombo()
	nic := c.GetNic()
	switch {
	case c == nil && n.Kind == v1alpha1.KindHostDevice && n.HostDevice == "":
		return field.Required(path.Child("hostDevice"), fmt.Sprintf(
			"the RDMA device comes without a card: name one of the node's, such as eth1, or request one that has an RDMA device, with the CEL selector %s",
			comboSelector(n.Kind, driver)))
	case n.Kind == v1alpha1.KindSriovVf && c.GetVf() == nil, n.Kind == v1alpha1.KindHostDevice && c != nil && nic == nil:
		return field.Invalid(path.Child("kind"), n.Kind, fmt.Sprintf(
			"the allocated device %s has none: request one that has, with the CEL selector %s", node.GetName(), comboSelector(n.Kind, driver)))
	case nic != nil && n.Kind == v1alpha1.KindHostDevice && n.HostDevice != "" && n.HostDevice != nic.GetLink():
		return field.Invalid(path.Child("hostDevice"), n.HostDevice, fmt.Sprintf(
			"the allocated device %s is %s: leave it out", node.GetName(), nic.GetLink()))
	case n.Kind != v1alpha1.KindSriovVf && !slices.Contains(roceNetdevs, n.Kind):
		return field.NotSupported(path.Child("kind"), n.Kind, append([]v1alpha1.Kind{v1alpha1.KindSriovVf}, roceNetdevs...))
	}
	return nil
}

// comboSelector is the expression that requests a function of a kind with its RDMA
// device. RDMA devices alone, which the same class selects, have no netdevKind: to
// ask for it is an error, so that the type comes first.
func comboSelector(kind v1alpha1.Kind, driver string) string {
	return fmt.Sprintf("device.attributes[%q].type == %q && device.attributes[%q].netdevKind == %q", driver, v1alpha1.TypeCombo, driver, kind)
}
