package policy

import (
	"fmt"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

func (r Rules) sriovVf(v *netagentv1.SriovVf, d *Device) error {
	const field = "sriov_vf.pci_address"
	address := v.GetPciAddress()
	if d != nil && d.HeldBy != "" {
		return r.checkLent(field, address, d)
	}
	if d == nil || d.Link == "" {
		return refuse(NotReady, field, address, "the node has no link of this function: it is gone, or bound to a driver that makes none, such as vfio-pci")
	}
	if !d.Virtual() {
		return refuse(Forbidden, field, address, "it is not a virtual function; claim it as a host device")
	}
	if d.Physical != v.GetParent() || d.Index != int(v.GetVfIndex()) {
		return refuse(NotReady, field, address, fmt.Sprintf("it is function %d of %s, not %d of %s: address, parent and index must name the same function",
			d.Index, d.Physical, v.GetVfIndex(), v.GetParent()))
	}
	if err := r.checkLent(field, address, d); err != nil {
		return err
	}
	if err := checkVLAN(v); err != nil {
		return err
	}
	if err := checkRates(v); err != nil {
		return err
	}
	if err := checkDeviceMTU("sriov_vf.mtu", v.Mtu, d); err != nil {
		return err
	}
	return checkMAC("sriov_vf.mac_address", v.GetMacAddress())
}

// checkVLAN refuses what belongs to a VLAN where there is none.
func checkVLAN(v *netagentv1.SriovVf) error {
	switch {
	case v.GetVlan() != 0:
		return nil
	case v.GetVlanQos() != 0:
		return refuse(Malformed, "sriov_vf.vlan_qos", v.GetVlanQos(), "needs a vlan of 1 to 4094")
	case v.VlanProtocol != nil:
		return refuse(Malformed, "sriov_vf.vlan_protocol", v.GetVlanProtocol(), "needs a vlan of 1 to 4094")
	}
	return nil
}

func checkRates(v *netagentv1.SriovVf) error {
	if most := v.GetMaxTxRate(); most != 0 && v.GetMinTxRate() > most {
		return refuse(Malformed, "sriov_vf.min_tx_rate", v.GetMinTxRate(), fmt.Sprintf("must be at most max_tx_rate, %d", most))
	}
	return nil
}
