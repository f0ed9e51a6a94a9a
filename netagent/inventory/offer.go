package inventory

import (
	"cmp"
	"net"
	"slices"
	"strings"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/policy"
	"github.com/hawser-dra/hawser/netagent/sysfs"
)

// Offers returns what the node has to lend, sorted by name. What is lent is
// offered as it was.
func (n Node) Offers(rules policy.Rules) []*netagentv1.NodeDevice {
	var list []*netagentv1.NodeDevice
	taken := map[link.Device]bool{}
	for _, e := range n.Loans() {
		if taken[e.Was.Device] {
			continue
		}
		taken[e.Was.Device] = true
		if d := n.lent(e.Was); d != nil {
			list = append(list, d)
		}
	}
	for _, l := range n.links {
		if l.Device == (link.Device{}) || taken[l.Device] {
			continue
		}
		if d := n.Device(l); rules.Offers(d) {
			list = append(list, n.offer(l, n.Was(l)))
		}
	}
	slices.SortFunc(list, func(a, b *netagentv1.NodeDevice) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return list
}

// Was describes a link of the host as it is now.
func (n Node) Was(l link.Link) *journal.Was {
	w := &journal.Was{
		Device: l.Device, Driver: n.sys.Driver(l.Device.Bus, l.Device.Name), Name: l.Name, Altnames: l.Altnames, Alias: l.Alias, Group: l.Group,
		MTU: l.MTU, MAC: journal.MAC(l.MAC), TxQueueLen: l.TxQueueLen, Up: l.Up(), Hearing: link.Hearing(l.Flags), Sizes: &l.Sizes,
		Carrier: l.Carrier, Speed: n.sys.Speed(l.Name),
		FixedMAC: n.sys.AddressType(l.Name) == sysfs.AddressPermanent,
	}
	if address, physical, index, ok := n.Physical(l); ok {
		w.VF = &journal.WasVF{Physical: address, Index: index}
		w.Carrier, w.Speed = physical.Carrier, n.sys.Speed(physical.Name)
	}
	return w
}

// lent offers a device that a claim holds; nil if the hardware is gone.
func (n Node) lent(w *journal.Was) *netagentv1.NodeDevice {
	if _, ok := n.sys.Resolve(sysfs.DevicePath(w.Device.Bus, w.Device.Name)); !ok {
		return nil
	}
	l, _ := n.ByDevice(w.Device)
	return n.offer(l, w)
}

// offer says what claims are told of a device. l is its link, if it is on the
// host.
func (n Node) offer(l link.Link, w *journal.Was) *netagentv1.NodeDevice {
	pci := n.sys.PCI(sysfs.DevicePath(w.Device.Bus, w.Device.Name))
	var mac net.HardwareAddr
	if w.FixedMAC {
		mac = net.HardwareAddr(w.MAC)
	}
	if w.VF == nil {
		return &netagentv1.NodeDevice{Name: deviceName("nic", w.Device, pci), Device: &netagentv1.NodeDevice_Nic{Nic: &netagentv1.Nic{
			Link: w.Name, Pci: pci, MacAddress: mac, Mtu: w.MTU, Carrier: w.Carrier, Speed: w.Speed,
			LinkDown: n.linkDown(l, w),
		}}}
	}
	physical, _ := n.ByPCI(w.VF.Physical)
	return &netagentv1.NodeDevice{Name: deviceName("vf", w.Device, pci), Device: &netagentv1.NodeDevice_Vf{Vf: &netagentv1.Vf{
		Pci: pci, Parent: physical.Name, VfIndex: uint32(w.VF.Index), Link: l.Name,
		MacAddress: mac, Carrier: w.Carrier, Speed: w.Speed,
		LinkDown: n.linkDown(l, w),
	}}}
}

// maxName is the length of a DNS label, which the name becomes.
const maxName = 63

// deviceName is stable as long as the device stays where it is, unique on the
// node, and a DNS label: vf-0000-3b-02-1. Of devices that hang under a function,
// such as subfunctions, only virtio's have it for themselves.
func deviceName(what string, d link.Device, pci *netagentv1.PciFunction) string {
	where := d.Bus + "-" + d.Name
	if address := pci.GetAddress(); address != "" && (d.Bus == "pci" || d.Bus == "virtio") {
		where = address
	}
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(where))
	name := what + "-" + safe
	return strings.TrimRight(name[:min(len(name), maxName)], "-")
}
