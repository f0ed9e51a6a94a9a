package policy

import (
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

func (r Rules) hostDevice(h *netagentv1.HostDevice, d *Device) error {
	const field = "host_device.name"
	name := h.GetName()
	switch {
	case name == "." || name == "..":
		return refuse(Malformed, field, name, "not a link's name")
	case d == nil && !matches(r.Devices, name):
		return refuse(Forbidden, field, name, "not among the devices that --allow-devices allows")
	case d == nil:
		return refuse(NotReady, field, name, "the node has no link of this name")
	case d.HeldBy != "":
		return r.checkLent(field, name, d)
	case d.Virtual():
		return refuse(Forbidden, field, name, "it is a virtual function; claim it as a sriov-vf")
	case h.GetPciAddress() != "" && h.GetPciAddress() != d.PCI:
		return refuse(NotReady, "host_device.pci_address", h.GetPciAddress(), "link "+name+" is at address "+d.PCI+": name and address must be of one device")
	}
	if err := r.checkLent(field, name, d); err != nil {
		return err
	}
	if err := checkDeviceMTU("host_device.mtu", h.Mtu, d); err != nil {
		return err
	}
	return checkMAC("host_device.mac_address", h.GetMacAddress())
}
