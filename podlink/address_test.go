package podlink_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// TestAddressesInTheLongForm asks for everything that an address can have.
func TestAddressesInTheLongForm(t *testing.T) {
	p := newPod(t)
	l := p.link("net1", alias)
	p.set(`{"addresses": [
		{"address": "192.0.2.10/32", "peer": "192.0.2.20/32", "label": "net1:p"},
		{"address": "198.51.100.1/24", "noPrefixRoute": true, "validLifetime": 600, "preferredLifetime": 300},
		{"address": "2001:db8::10/64", "noPrefixRoute": true, "preferredLifetime": 0},
		{"address": "2001:db8:1::10/128", "peer": "2001:db8:1::20/128"}]}`)
	for range 2 {
		p.succeeds()
		list, err := netlink.AddrList(l, netlink.FAMILY_ALL)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range list {
			if a.IP.IsLinkLocalUnicast() {
				continue
			}
			got = append(got, fmt.Sprintf("%s peer %v label %q flags %#x, ends %v", a.IPNet, a.Peer, a.Label, a.Flags&(unix.IFA_F_NOPREFIXROUTE|unix.IFA_F_TENTATIVE), a.ValidLft < 700))
			if a.IP.String() == "2001:db8::10" && a.PreferedLft != 0 || a.IP.String() == "198.51.100.1" && (a.PreferedLft < 200 || a.PreferedLft > 300) {
				t.Errorf("%s is preferred for %d s", a.IP, a.PreferedLft)
			}
		}
		slices.Sort(got)
		want := []string{
			`192.0.2.10/32 peer 192.0.2.20/32 label "net1:p" flags 0x0, ends false`,
			`198.51.100.1/24 peer <nil> label "net1" flags 0x200, ends true`,
			`2001:db8:1::10/128 peer 2001:db8:1::20/128 label "" flags 0x0, ends false`,
			`2001:db8::10/64 peer <nil> label "" flags 0x200, ends false`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("net1 has\n%q\nwant\n%q", got, want)
		}
	}
	if routes, err := netlink.RouteList(l, unix.AF_INET); err != nil || len(routes) != 1 {
		t.Errorf("routes %v, %v, want the peer's alone", routes, err)
	}
}

// TestDuplicateAddressDetection: noDAD false leaves the kernel its look, which has
// the address tentative at first; without, it can be bound to at once.
func TestDuplicateAddressDetection(t *testing.T) {
	p := newPod(t)
	l := p.link("net1", alias)
	far, err := netlink.LinkByName("pnet1")
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkSetUp(far); err != nil { // with a carrier it begins
		t.Fatal(err)
	}
	p.set(`{"addresses": ["2001:db8::10/64", {"address": "2001:db8::11/64", "noDAD": false}]}`)
	p.succeeds()
	list, err := netlink.AddrList(l, netlink.FAMILY_V6)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		address, _ := netip.AddrFromSlice(a.IP)
		if address == netip.MustParseAddr("2001:db8::11") && a.Flags&unix.IFA_F_NODAD != 0 {
			t.Errorf("%s has flags %#x: the kernel does not look for duplicates", address, a.Flags)
		}
		if address == netip.MustParseAddr("2001:db8::10") && a.Flags&unix.IFA_F_TENTATIVE != 0 {
			t.Errorf("%s is tentative", address)
		}
	}
	if err := bind(t, "2001:db8::10"); err != nil {
		t.Errorf("nothing can bind to it: %v", err)
	}
}

func bind(t *testing.T, address string) error {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	return unix.Bind(fd, &unix.SockaddrInet6{Addr: netip.MustParseAddr(address).As16()})
}
