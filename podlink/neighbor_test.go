package podlink_test

import (
	"fmt"
	"net"
	"slices"
	"testing"

	"github.com/vishvananda/netlink"
)

// neighbors of a link that are permanent, as text, sorted.
func (p *pod) neighbors(l netlink.Link) (all []string) {
	p.t.Helper()
	list, err := netlink.NeighList(l.Attrs().Index, netlink.FAMILY_ALL)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, n := range list {
		if n.State&netlink.NUD_PERMANENT != 0 {
			all = append(all, fmt.Sprint(n.IP, " ", n.HardwareAddr))
		}
	}
	slices.Sort(all)
	return all
}

func TestNeighbors(t *testing.T) {
	p := newPod(t)
	l := p.link("net1", alias)
	if err := netlink.LinkSetUp(l); err != nil {
		t.Fatal(err)
	}
	// What the kernel has found out, or a program has said, is made right.
	if err := netlink.NeighAdd(&netlink.Neigh{LinkIndex: l.Attrs().Index, IP: net.IPv4(192, 0, 2, 254), State: netlink.NUD_STALE, HardwareAddr: l.Attrs().HardwareAddr}); err != nil {
		t.Fatal(err)
	}
	p.set(`{"addresses": ["192.0.2.10/24"], "neighbors": [
		{"address": "192.0.2.254", "macAddress": "02:00:00:00:00:01"}, {"address": "2001:db8::1", "macAddress": "02:00:00:00:00:02"}]}`)
	for range 2 {
		p.succeeds()
		if got, want := p.neighbors(l), []string{"192.0.2.254 02:00:00:00:00:01", "2001:db8::1 02:00:00:00:00:02"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if err := netlink.NeighAdd(&netlink.Neigh{LinkIndex: l.Attrs().Index, IP: net.IPv4(192, 0, 2, 9), State: netlink.NUD_PERMANENT, HardwareAddr: l.Attrs().HardwareAddr}); err != nil {
		t.Fatal(err)
	}
	p.set(`{"addresses": ["192.0.2.10/24"], "neighbors": [{"address": "192.0.2.254", "macAddress": "02:00:00:00:00:03"}]}`)
	p.succeeds()
	if got, want := p.neighbors(l), []string{"192.0.2.254 02:00:00:00:00:03", "192.0.2.9 " + l.Attrs().HardwareAddr.String()}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
