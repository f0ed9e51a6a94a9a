// Package devicehealth knows which of the node's devices work: it tells the
// kubelet, which writes it into the status of the pods that have them, and it
// says which devices' links are down for long enough to taint them.
//
// It vouches for nothing that it does not see: while netagent is away no report is
// sent, and the kubelet takes health for unknown after half a minute.
package devicehealth

import (
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// portDown is a port without a link, as sysfs has it. In the states between, a
// subnet manager has yet to set it up.
const portDown = "DOWN"

// LinkFault says why a device has no link to the outside, in words for people;
// empty: it has one, or needs none.
func LinkFault(d *netagentv1.NodeDevice) string {
	switch k := d.GetDevice().(type) {
	case *netagentv1.NodeDevice_Nic:
		return nicFault(k.Nic)
	case *netagentv1.NodeDevice_Vf:
		return vfFault(k.Vf)
	case *netagentv1.NodeDevice_Rdma:
		return rdmaFault(k.Rdma)
	case *netagentv1.NodeDevice_Combo:
		for _, fault := range []string{nicFault(k.Combo.GetNic()), vfFault(k.Combo.GetVf()), rdmaFault(k.Combo.GetRdma())} {
			if fault != "" {
				return fault
			}
		}
	}
	return ""
}

func nicFault(n *netagentv1.Nic) string {
	if !n.GetLinkDown() {
		return ""
	}
	return "the card " + n.GetLink() + " has no carrier"
}

func vfFault(v *netagentv1.Vf) string {
	if !v.GetLinkDown() {
		return ""
	}
	return "the card " + v.GetParent() + ", whose virtual function this is, has no carrier"
}

func rdmaFault(r *netagentv1.NodeRdmaDevice) string {
	if r.GetPortState() != portDown {
		return ""
	}
	return "the port of " + r.GetIbdev() + " is DOWN"
}
