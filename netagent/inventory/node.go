// Package inventory finds what of the node's hardware can be lent to claims, and
// keeps the list up to date while links, addresses, routes and functions come
// and go.
//
// What is offered is the policy's to say, by the same rules by which a request
// is decided. A device that a claim holds stays on the list as it was before,
// wherever it is.
package inventory

import (
	"context"
	"slices"

	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/policy"
	"github.com/hawser-dra/hawser/netagent/sysfs"
)

// Journal has what is attached for claims.
type Journal interface {
	All() ([]journal.Entry, error)
}

// Node is the state of the host's links at one moment.
type Node struct {
	sys       sysfs.FS
	entries   []journal.Entry
	links     []link.Link
	routed    link.Set
	addressed link.Set
	byDevice  map[link.Device][]link.Link
	away      map[link.Device]link.Link // see findAway
	// vfs are the virtual functions of physical ones, by index, as they were when
	// they were asked for first.
	vfs map[string]map[int]string
}

func newNode(sys sysfs.FS) Node {
	return Node{sys: sys, byDevice: map[link.Device][]link.Link{}, vfs: map[string]map[int]string{}}
}

// Read reads the state. The journal is read before and after the links: what
// leaves for a pod, or comes home, meanwhile is in one of the two.
func Read(ctx context.Context, links *link.Conn, sys sysfs.FS, j Journal) (Node, error) {
	n := newNode(sys)
	before, err := j.All()
	if err != nil {
		return Node{}, err
	}
	if err := n.read(ctx, links); err != nil {
		return Node{}, err
	}
	after, err := j.All()
	if err != nil {
		return Node{}, err
	}
	n.entries = slices.Concat(after, before)
	return n, nil
}

func (n *Node) read(ctx context.Context, links *link.Conn) (err error) {
	if n.links, err = links.List(ctx, link.Host); err != nil {
		return err
	}
	if n.routed, err = links.Routed(ctx); err != nil {
		return err
	}
	if n.addressed, err = links.Addressed(ctx); err != nil {
		return err
	}
	for _, l := range n.links {
		if l.Device != (link.Device{}) {
			n.byDevice[l.Device] = append(n.byDevice[l.Device], l)
		}
	}
	return nil
}

// ByName returns a link of the host. An altname is not its name.
func (n Node) ByName(name string) (link.Link, bool) {
	for _, l := range n.links {
		if l.Name == name {
			return l, true
		}
	}
	return link.Link{}, false
}

// ByDevice returns the one link of a piece of hardware.
func (n Node) ByDevice(d link.Device) (link.Link, bool) {
	if of := n.byDevice[d]; len(of) == 1 {
		return of[0], true
	}
	return link.Link{}, false
}

// ByPCI returns the one link of a PCI function that has none between it and the
// function, as network cards but virtio's are.
func (n Node) ByPCI(address string) (link.Link, bool) {
	return n.ByDevice(link.Device{Bus: "pci", Name: address})
}

// Device tells the policy of a link.
func (n Node) Device(l link.Link) policy.Device {
	d := policy.Device{
		Link:     l.Name,
		Known:    l.Kind == "" && len(n.byDevice[l.Device]) == 1,
		Ethernet: l.Ethernet(),
		Enslaved: l.Master != 0,
		MinMTU:   l.MinMTU,
		MaxMTU:   l.MaxMTU,
	}
	if f := n.sys.PCI(sysfs.DevicePath(l.Device.Bus, l.Device.Name)); f != nil {
		d.PCI = f.GetAddress()
		d.VFs = len(n.vfsOf(d.PCI))
	}
	n.place(l, &d)
	for i := range link.Above(n.links, l.Index) {
		d.Stacked = d.Stacked || i != l.Index && i != l.Master
		d.InUse = d.InUse || n.routed[i] || n.addressed[i]
	}
	for _, e := range n.entries { // what stands on it may be in a pod
		d.Stacked = d.Stacked || parentOf(e) == l.Name
	}
	return d
}

// parentOf is the link that a created one stands on, or joins.
func parentOf(e journal.Entry) string {
	switch r := e.Request; {
	case r.GetMacvlan() != nil:
		return r.GetMacvlan().GetParent()
	case r.GetIpvlan() != nil:
		return r.GetIpvlan().GetParent()
	case r.GetIpoib() != nil:
		return r.GetIpoib().GetParent()
	}
	return ""
}

// Loans are the journal's entries of borrowed links. One may be there twice.
func (n Node) Loans() []journal.Entry {
	var loans []journal.Entry
	for _, e := range n.entries {
		if e.Was != nil {
			loans = append(loans, e)
		}
	}
	return loans
}
