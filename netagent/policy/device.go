package policy

import (
	"fmt"
	"strconv"
)

// Device is what the node says of hardware with a link, which a request would
// borrow or the node would offer.
type Device struct {
	Link string // its name on the host; empty: it is not there
	PCI  string // address of its function; empty: it has none

	// Physical is the link of the function that this one is a virtual one of,
	// and Index its number there; empty for a card's own function.
	Physical string
	Index    int

	Known    bool // it is the one link of hardware that can be told again in a pod
	Ethernet bool
	Enslaved bool // it is the port of a bridge, a bond or a VRF
	Stacked  bool // other links stand on it
	InUse    bool // it, or what is stacked on it, carries a default route or an address
	VFs      int  // virtual functions that it has itself

	MinMTU, MaxMTU uint32 // MaxMTU 0: no bound
	HeldBy         string // claim that has it
}

// Virtual says whether the device is a virtual function.
func (d Device) Virtual() bool { return d.Physical != "" }

// Offers says whether the node offers the device to claims. It is offered still
// when a claim holds it.
func (r Rules) Offers(d Device) bool { return r.lendable("", "", &d) == nil }

// lendable holds the rules for what may leave the node's namespace.
func (r Rules) lendable(field, name string, d *Device) error {
	switch {
	case d.Virtual() && !matches(r.Devices, d.Physical):
		return refuse(Forbidden, field, name, "the virtual functions of "+d.Physical+" are not among the devices that --allow-devices allows")
	case !d.Virtual() && !matches(r.Devices, d.Link):
		return refuse(Forbidden, field, name, "not among the devices that --allow-devices allows")
	case !d.Known:
		return refuse(Forbidden, field, name, "it is not the one link of a piece of hardware: in a pod it could end with it, or be taken for another; name a network card")
	case !d.Ethernet:
		return refuse(Forbidden, field, name, "it is not an Ethernet link")
	case d.Enslaved:
		return refuse(Forbidden, field, name, "the link is a port of a bridge, a bond or a VRF of the node")
	case d.InUse:
		return refuse(Forbidden, field, name, "the node uses it: it, or a link on it, carries a default route or an address")
	case d.Stacked:
		return refuse(Forbidden, field, name, "other links of the node stand on it")
	case d.VFs > 0:
		return refuse(Forbidden, field, name, "it has "+strconv.Itoa(d.VFs)+" virtual functions, which would go with it; claim one of those, or set sriov_numvfs to 0")
	}
	return nil
}

// checkLent holds the rules that every request for a device has to meet.
func (r Rules) checkLent(field, name string, d *Device) error {
	if d.HeldBy != "" {
		return refuse(NotReady, field, name, "claim "+d.HeldBy+" has it; it can be had when that claim has ended")
	}
	return r.lendable(field, name, d)
}

// checkDeviceMTU allows what the device's driver does.
func checkDeviceMTU(field string, mtu *uint32, d *Device) error {
	if mtu == nil {
		return nil
	}
	if least := max(d.MinMTU, minMTU); *mtu < least {
		return refuse(Forbidden, field, *mtu, fmt.Sprintf("must be at least %d, what the device's driver allows", least))
	}
	if d.MaxMTU != 0 && *mtu > d.MaxMTU {
		return refuse(Forbidden, field, *mtu, fmt.Sprintf("must be at most %d, what the device's driver allows", d.MaxMTU))
	}
	return nil
}
