package nodeview

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/claim"
)

// Devices are what a node offers.
type Devices []Device

// Device is something that claims can have.
type Device struct {
	// Name is as in the ResourceSlice.
	Name string `json:"name"`
	// Kind is sriov-vf, host-device, uverbs, roce for a function that is an RDMA
	// device as well, or virtual: any kind that is created.
	Kind string `json:"kind"`
	// OnHost is the kernel's name on the host: of a link, or of an RDMA device.
	// Empty while the link is in a pod.
	OnHost string `json:"onHost,omitempty"`
	// Parent is the card of a virtual function, with its number there, or the link
	// that an RDMA device works over.
	Parent     string `json:"parent,omitempty"`
	PCIAddress string `json:"pciAddress,omitempty"`
	// State is up or down, as a link's carrier is, or the state of the first port
	// of an RDMA device.
	State string `json:"state,omitempty"`
	// Speed in Mbit/s; 0 is unknown.
	Speed uint32 `json:"speed,omitempty"`
	// Claims have it, or a part of it.
	Claims []string `json:"claims"`
}

// Devices returns what the node offers, in the order of the ResourceSlice.
func (n *Node) Devices() Devices {
	all := Devices{}
	for _, d := range n.devices {
		device := deviceOf(d)
		device.Claims = n.claimsOf(device.Name, d.GetNic())
		if d.GetVirtualLinks() != nil {
			all = slices.Insert(all, 0, device)
			continue
		}
		all = append(all, device)
	}
	return all
}

func deviceOf(d *netagentv1.NodeDevice) Device {
	device := Device{Name: d.GetName()}
	switch is := d.GetDevice().(type) {
	case *netagentv1.NodeDevice_VirtualLinks:
		device.Name, device.Kind = claim.VirtualDevice, "virtual"
	case *netagentv1.NodeDevice_Vf:
		vf := is.Vf
		device.Kind, device.OnHost, device.PCIAddress = string(v1alpha1.KindSriovVf), vf.GetLink(), vf.GetPci().GetAddress()
		device.Parent = fmt.Sprintf("%s/%d", vf.GetParent(), vf.GetVfIndex())
		device.State, device.Speed = carrier(vf.GetCarrier()), vf.GetSpeed()
	case *netagentv1.NodeDevice_Nic:
		nic := is.Nic
		device.Kind, device.OnHost, device.PCIAddress = string(v1alpha1.KindHostDevice), nic.GetLink(), nic.GetPci().GetAddress()
		device.State, device.Speed = carrier(nic.GetCarrier()), nic.GetSpeed()
	case *netagentv1.NodeDevice_Rdma:
		r := is.Rdma
		device.Kind, device.OnHost, device.PCIAddress = string(v1alpha1.KindUverbs), r.GetIbdev(), r.GetPci().GetAddress()
		device.Parent, device.State = r.GetNetdev(), r.GetPortState()
	case *netagentv1.NodeDevice_Combo:
		return both(d.GetName(), is.Combo)
	}
	return device
}

// both is a function that is an RDMA device as well.
func both(name string, c *netagentv1.Combo) Device {
	face := &netagentv1.NodeDevice{Name: name, Device: &netagentv1.NodeDevice_Nic{Nic: c.GetNic()}}
	if vf := c.GetVf(); vf != nil {
		face.Device = &netagentv1.NodeDevice_Vf{Vf: vf}
	}
	device := deviceOf(face)
	device.Kind = string(v1alpha1.KindRoce)
	device.OnHost = strings.TrimPrefix(device.OnHost+","+c.GetRdma().GetIbdev(), ",")
	return device
}

func carrier(up bool) string {
	if up {
		return "up"
	}
	return "down"
}

// claimsOf returns the claims that a device was allocated to, and the one that has
// named it.
func (n *Node) claimsOf(device string, nic *netagentv1.Nic) []string {
	claims := []string{}
	for _, r := range n.records {
		if slices.ContainsFunc(r.Devices, func(of record.Device) bool { return of.Device == device || names(of, nic) }) {
			claims = append(claims, nameOf(r.Claim))
		}
	}
	return claims
}

// names says whether a claim's device is a card that the claim has by its name.
func names(d record.Device, nic *netagentv1.Nic) bool {
	return nic.GetLink() != "" && d.Link != nil && d.Link.HostName == nic.GetLink()
}

// WriteText writes a table.
func (all Devices) WriteText(w io.Writer) error {
	rows := [][]string{{"DEVICE", "KIND", "ON HOST", "PARENT", "PCI ADDRESS", "STATE", "MBIT/S", "CLAIMS"}}
	for _, d := range all {
		speed := ""
		if d.Speed != 0 {
			speed = fmt.Sprint(d.Speed)
		}
		rows = append(rows, []string{d.Name, d.Kind, d.OnHost, d.Parent, d.PCIAddress, d.State, speed, few(d.Claims)})
	}
	return writeTable(w, rows)
}

// few keeps a cell short: a device that claims share can have hundreds.
func few(claims []string) string {
	const most = 3
	if len(claims) <= most {
		return strings.Join(claims, ",")
	}
	return fmt.Sprintf("%s,+%d", strings.Join(claims[:most], ","), len(claims)-most)
}
