package scale

import (
	"fmt"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/claim"
)

// speed of the simulated cards, in Mbit/s.
const speed = 100_000

// typical is a node with one device for created links, one card that pods may have
// whole, and a card with eight virtual functions.
func typical() []*netagentv1.NodeDevice {
	return append([]*netagentv1.NodeDevice{virtualLinks(), wholeCard(0x18)}, functions(0x3b, 8)...)
}

// dense is a node with two cards of 64 virtual functions each.
func dense() []*netagentv1.NodeDevice {
	devices := append([]*netagentv1.NodeDevice{virtualLinks()}, functions(0x3b, 64)...)
	return append(devices, functions(0x86, 64)...)
}

func virtualLinks() *netagentv1.NodeDevice {
	return &netagentv1.NodeDevice{Name: claim.VirtualDevice, Device: &netagentv1.NodeDevice_VirtualLinks{
		VirtualLinks: &netagentv1.VirtualLinks{MaxAttachments: 512},
	}}
}

func wholeCard(bus int) *netagentv1.NodeDevice {
	return &netagentv1.NodeDevice{Name: fmt.Sprintf("nic-0000-%02x-00-0", bus), Device: &netagentv1.NodeDevice_Nic{Nic: &netagentv1.Nic{
		Link: fmt.Sprintf("ens%df0np0", bus), Pci: function(bus, 0, "101d"), MacAddress: mac(bus, 0),
		Mtu: 1500, Carrier: true, Speed: speed,
	}}}
}

// functions are the virtual functions of one card.
func functions(bus, n int) (all []*netagentv1.NodeDevice) {
	for i := range n {
		pci := function(bus, i+1, "101e")
		all = append(all, &netagentv1.NodeDevice{
			Name: fmt.Sprintf("vf-0000-%02x-%02x-%d", bus, (i+1)/8, (i+1)%8),
			Device: &netagentv1.NodeDevice_Vf{Vf: &netagentv1.Vf{
				Pci: pci, Parent: fmt.Sprintf("ens%df0np0", bus), VfIndex: uint32(i),
				Link: fmt.Sprintf("ens%dv%d", bus, i), MacAddress: mac(bus, i+1), Carrier: true, Speed: speed,
			}},
		})
	}
	return all
}

// function is one of a card in the second socket, as a ConnectX-6 Dx has them.
func function(bus, n int, device string) *netagentv1.PciFunction {
	return &netagentv1.PciFunction{
		Address: fmt.Sprintf("0000:%02x:%02x.%d", bus, n/8, n%8), Root: fmt.Sprintf("pci0000:%02x", bus-1),
		NumaNode: 1, VendorId: "15b3", DeviceId: device, Driver: "mlx5_core",
	}
}

func mac(bus, n int) []byte { return []byte{2, 0, 0, byte(bus), byte(n >> 8), byte(n)} }
