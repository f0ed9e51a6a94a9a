// Package pair tells of functions that are two things at once: a network link that
// can be lent and an RDMA device. Beside each of the two it tells of both as one
// device.
//
// They belong together when both are the same PCI function, and it has one of each.
// A soft RDMA device is never one of a pair: it ends when the link that it works
// over leaves for a pod.
package pair

import (
	"strings"
	"sync"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Prefixes of the names of devices, each followed by where its function is.
const (
	combos = "combo-"
	rdma   = "rdma-"
)

// netdevs are those of the devices that have a link.
var netdevs = []string{"vf-", "nic-"}

// Publisher is told of devices.
type Publisher interface {
	SetDevice(*netagentv1.NodeDevice)
	DropDevice(name string)
}

// Pairs passes on what it is told, and adds the pairs. It may be used by many
// goroutines.
type Pairs struct {
	to Publisher

	mu      sync.Mutex
	devices map[string]*netagentv1.NodeDevice
}

// New returns Pairs that tell to.
func New(to Publisher) *Pairs {
	return &Pairs{to: to, devices: map[string]*netagentv1.NodeDevice{}}
}

// SetDevice passes on a device that appeared or changed.
func (p *Pairs) SetDevice(d *netagentv1.NodeDevice) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to.SetDevice(d)
	p.devices[d.GetName()] = d
	p.update(d.GetName())
}

// DropDevice passes on that the node has a device no more.
func (p *Pairs) DropDevice(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to.DropDevice(name)
	delete(p.devices, name)
	p.update(name)
}

// update tells of the pair that a device is part of, or can have been.
func (p *Pairs) update(name string) {
	where, ok := place(name)
	if !ok {
		return
	}
	if c := p.find(where); c != nil {
		p.to.SetDevice(&netagentv1.NodeDevice{Name: combos + where, Device: &netagentv1.NodeDevice_Combo{Combo: c}})
		return
	}
	p.to.DropDevice(combos + where)
}

// place is where a device is, by its name.
func place(name string) (string, bool) {
	for _, prefix := range append(netdevs, rdma) {
		if where, ok := strings.CutPrefix(name, prefix); ok {
			return where, true
		}
	}
	return "", false
}

// find joins the two devices at one place; nil if there are none.
func (p *Pairs) find(where string) *netagentv1.Combo {
	r := p.devices[rdma+where]
	for _, prefix := range netdevs {
		n := p.devices[prefix+where]
		if n == nil || r == nil || address(n) == "" || address(n) != r.GetRdma().GetPci().GetAddress() {
			continue
		}
		c := &netagentv1.Combo{Rdma: r.GetRdma(), NetdevName: n.GetName(), RdmaName: r.GetName()}
		if vf := n.GetVf(); vf != nil {
			c.Netdev = &netagentv1.Combo_Vf{Vf: vf}
		} else {
			c.Netdev = &netagentv1.Combo_Nic{Nic: n.GetNic()}
		}
		return c
	}
	return nil
}

// address is that of the function of a device with a link.
func address(d *netagentv1.NodeDevice) string {
	if vf := d.GetVf(); vf != nil {
		return vf.GetPci().GetAddress()
	}
	return d.GetNic().GetPci().GetAddress()
}
