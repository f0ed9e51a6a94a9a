package policy

import (
	"fmt"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// defaultMTU is what the kernel gives a veth that is asked for none.
const defaultMTU = 1500

func (r Rules) veth(v *netagentv1.Veth, f Facts) error {
	if err := checkMTU("veth.mtu", v.GetMtu(), 0); err != nil {
		return err
	}
	if v.GetBridge() != "" {
		if err := r.bridge(v, f.Parent); err != nil {
			return err
		}
	}
	return checkMAC("veth.mac_address", v.GetMacAddress())
}

// bridge asks for the bridge's own MTU: a port with a smaller one lowers it for
// every port, and what a larger one lets through is dropped in the bridge.
func (r Rules) bridge(v *netagentv1.Veth, l *Link) error {
	if err := r.checkParent("veth.bridge", v.GetBridge(), l); err != nil {
		return err
	}
	if l.Kind != "bridge" {
		return refuse(Forbidden, "veth.bridge", v.GetBridge(), "the link is not a bridge")
	}
	mtu := v.GetMtu()
	if mtu == 0 {
		mtu = defaultMTU
	}
	if mtu != l.MTU {
		return refuse(Forbidden, "veth.mtu", v.GetMtu(),
			fmt.Sprintf("must be %d, that of bridge %s, whose ports share it", l.MTU, v.GetBridge()))
	}
	return nil
}
