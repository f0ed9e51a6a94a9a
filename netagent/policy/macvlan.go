package policy

import (
	"net"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

func (r Rules) macvlan(m *netagentv1.Macvlan, f Facts) error {
	if err := r.checkUpper("macvlan.parent", m.GetParent(), f.Parent); err != nil {
		return err
	}
	if isPassthru(m) {
		if err := passthru(m, f); err != nil {
			return err
		}
	}
	if err := checkMTU("macvlan.mtu", m.GetMtu(), f.Parent.MTU); err != nil {
		return err
	}
	return checkMAC("macvlan.mac_address", m.GetMacAddress())
}

// passthru refuses a MAC address too: the link has its parent's, and the kernel
// passes over another one without a word.
func passthru(m *netagentv1.Macvlan, f Facts) error {
	if f.Parent.InUse {
		return refuse(Forbidden, "macvlan.mode", word(m.GetMode()),
			"it takes all of "+m.GetParent()+", which carries a default route or an address of the node; use BRIDGE, VEPA or PRIVATE, or another parent")
	}
	if mac := m.GetMacAddress(); len(mac) > 0 {
		return refuse(Malformed, "macvlan.mac_address", net.HardwareAddr(mac), "must be left out in mode PASSTHRU, which has the parent's")
	}
	return nil
}

func isPassthru(m *netagentv1.Macvlan) bool {
	return m.GetMode() == netagentv1.MacvlanMode_MACVLAN_MODE_PASSTHRU
}
