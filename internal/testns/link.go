package testns

import (
	"errors"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
)

// Add makes a link in the host namespace, up, and deletes it after the test. A
// kind that the kernel lacks skips the test.
func Add(t testing.TB, l netlink.Link) netlink.Link {
	t.Helper()
	Require(t)
	if err := netlink.LinkAdd(l); err != nil {
		Lacking(t, "add "+l.Type()+" link "+l.Attrs().Name+": "+err.Error())
	}
	t.Cleanup(func() { _ = netlink.LinkDel(l) })
	if err := netlink.LinkSetUp(l); err != nil {
		t.Fatal(err)
	}
	return Get(t, l.Attrs().Name)
}

// Uplink makes a link to stand others on, and waits for its carrier, which a
// network card has.
func Uplink(t testing.TB, name string, mtu int) netlink.Link {
	t.Helper()
	far := name + "-far"
	l := Add(t, &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name, MTU: mtu}, PeerName: far})
	if err := netlink.LinkSetUp(Get(t, far)); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if Get(t, name).Attrs().OperState == netlink.OperUp && Get(t, far).Attrs().OperState == netlink.OperUp {
			return l
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("link %s has no carrier", name)
	return nil
}

// Kind skips the test if the kernel lacks a kind of link.
func Kind(t testing.TB, name string) {
	t.Helper()
	Require(t)
	parent := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "probe0"}, PeerName: "probe1"}
	if err := netlink.LinkAdd(parent); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = netlink.LinkDel(parent) }()
	probe := &netlink.GenericLink{
		LinkAttrs: netlink.LinkAttrs{Name: "probe2", ParentIndex: Get(t, "probe0").Attrs().Index},
		LinkType:  name,
	}
	if err := netlink.LinkAdd(probe); err != nil {
		Lacking(t, "the kernel has no "+name+" links: "+err.Error())
	}
	_ = netlink.LinkDel(probe)
}

// Get returns a link of the host namespace.
func Get(t testing.TB, name string) netlink.Link {
	t.Helper()
	l, err := netlink.LinkByName(name)
	if err != nil {
		t.Fatalf("link %s: %v", name, err)
	}
	return l
}

// List returns the links of a namespace: those of one moment, also while others
// come and go.
func List(t testing.TB, list func() ([]netlink.Link, error)) []netlink.Link {
	t.Helper()
	for {
		links, err := list()
		if err == nil {
			return links
		}
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			t.Fatal(err)
		}
	}
}

// Down sets a link of the host namespace down.
func Down(t testing.TB, name string) {
	t.Helper()
	if err := netlink.LinkSetDown(Get(t, name)); err != nil {
		t.Fatal(err)
	}
}
