package rdma

import (
	"path"
	"strings"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// prefix of the names under which RDMA devices are told of.
const prefix = "rdma-"

// NodeDevices are devices as the API has them. They are named after the PCI
// function that they are, which stays the same over reboots, else after the
// kernel's name: for software devices, and where one function has several. They are
// in the same order.
func (r *Reader) NodeDevices(devices []Device, exclusive bool) []*netagentv1.NodeDevice {
	of := map[string]int{}
	for _, d := range devices {
		of[r.function(d)]++
	}
	var list []*netagentv1.NodeDevice
	for _, d := range devices {
		name := d.Name
		if f := r.function(d); f != "" && of[f] == 1 {
			name = f
		}
		list = append(list, &netagentv1.NodeDevice{
			Name:   prefix + label(name),
			Device: &netagentv1.NodeDevice_Rdma{Rdma: d.message(exclusive)},
		})
	}
	return list
}

// function returns the address of the PCI function that a device is; empty for
// one that only hangs under a function, or under none.
func (r *Reader) function(d Device) string {
	at, ok := r.sys.Resolve(path.Join("class/infiniband", d.Name, "device"))
	if !ok || path.Base(at) != d.PCI.GetAddress() {
		return ""
	}
	return d.PCI.GetAddress()
}

func (d Device) message(exclusive bool) *netagentv1.NodeRdmaDevice {
	return &netagentv1.NodeRdmaDevice{
		Ibdev:     d.Name,
		Pci:       d.PCI,
		NodeGuid:  d.NodeGUID,
		LinkLayer: d.LinkLayer,
		Netdev:    d.Netdev,
		Firmware:  d.Firmware,
		PortState: d.PortState,
		Exclusive: exclusive,
	}
}

// label makes a DNS label of a name; with the prefix it has at most 63 bytes.
func label(name string) string {
	s := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			return c
		case c >= 'A' && c <= 'Z':
			return c - 'A' + 'a'
		}
		return '-'
	}, name)
	return strings.Trim(s[:min(len(s), 63-len(prefix))], "-")
}
