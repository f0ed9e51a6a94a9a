package inventory

import (
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/policy"
)

// Physical returns the address of the function that the link's is a virtual one
// of, the link of that function and the index there. It is not ok for a link that
// is of no virtual function, which has no address, or of one whose physical function
// has no link.
func (n Node) Physical(l link.Link) (address string, physical link.Link, index int, ok bool) {
	if l.Device.Bus != "pci" {
		return "", link.Link{}, 0, false
	}
	address, index, ok = n.vfOf(l.Device.Name)
	if !ok {
		return "", link.Link{}, 0, false
	}
	physical, ok = n.ByPCI(address)
	return address, physical, index, ok
}

// place says of which physical function the link is. A virtual function whose
// physical one cannot be reached is nobody's to lend.
func (n Node) place(l link.Link, d *policy.Device) {
	address, physical, index, ok := n.Physical(l)
	if address == "" {
		return
	}
	d.Physical, d.Index, d.Known = physical.Name, index, d.Known && ok
	if !ok {
		d.Physical = "?"
	}
}

// vfOf returns the address of the physical function that address is a virtual one
// of, and its index there.
func (n Node) vfOf(address string) (physical string, index int, ok bool) {
	if physical = n.sys.PhysicalOf(address); physical == "" {
		return "", 0, false
	}
	for index, vf := range n.vfsOf(physical) {
		if vf == address {
			return physical, index, true
		}
	}
	return "", 0, false
}

// vfsOf returns the virtual functions of a physical one, by index.
func (n Node) vfsOf(physical string) map[int]string {
	if _, known := n.vfs[physical]; !known {
		n.vfs[physical] = n.sys.VFs(physical)
	}
	return n.vfs[physical]
}
