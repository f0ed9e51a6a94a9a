package podlink_test

import (
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/hawser-dra/hawser/api/report"
)

// kindVRF skips a test where the kernel has no VRFs.
func kindVRF(t *testing.T) {
	t.Helper()
	probe := &netlink.Vrf{LinkAttrs: netlink.LinkAttrs{Name: "probe"}, Table: 1}
	if err := netlink.LinkAdd(probe); err != nil {
		skip(t, "kernel has no vrf", err)
	}
	if err := netlink.LinkDel(probe); err != nil {
		t.Fatal(err)
	}
}

const inVRF = `{"addresses": ["192.0.2.10/24", "2001:db8::10/64"], "vrf": {"name": "blue", "table": 10}, "routes": [
	{"destination": "0.0.0.0/0", "gateway": "192.0.2.254"}, {"destination": "2001:db8:9::/48", "gateway": "2001:db8::1"}]}`

func TestVRF(t *testing.T) {
	p := newPod(t)
	kindVRF(t)
	l := p.link("net1", alias)
	if err := netlink.LinkSetUp(l); err != nil { // as the runtime leaves it
		t.Fatal(err)
	}
	p.set(inVRF)
	want := func() {
		t.Helper()
		p.succeeds()
		blue, err := netlink.LinkByName("blue")
		if err != nil {
			t.Fatal(err)
		}
		now, err := netlink.LinkByName("net1")
		if err != nil {
			t.Fatal(err)
		}
		if vrf, ok := blue.(*netlink.Vrf); !ok || vrf.Table != 10 || vrf.Flags&1 == 0 || now.Attrs().MasterIndex != vrf.Index {
			t.Errorf("%+v, net1's master is %d", blue, now.Attrs().MasterIndex)
		}
		p.has(l, "192.0.2.10/24", "2001:db8::10/64")
		p.hasRoutes(l, "0.0.0.0/0 via 192.0.2.254 src <nil> scope 0 metric 0 mtu 0 table 10 flags 0",
			"2001:db8:9::/48 via 2001:db8::1 src <nil> scope 0 metric 1024 mtu 0 table 10 flags 0")
	}
	want()
	want()
	if err := netlink.LinkSetNoMaster(l); err != nil { // what a program in the pod does
		t.Fatal(err)
	}
	want()
	blue, err := netlink.LinkByName("blue")
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkDel(blue); err != nil {
		t.Fatal(err)
	}
	want()
}

func TestVRFThatCannotBe(t *testing.T) {
	p := newPod(t)
	kindVRF(t)
	l := p.link("net1", alias)
	p.link("blue", "")
	p.set(inVRF)
	p.fails(report.Failed, "netdev.vrf: blue with table 10 cannot be set on net1: the pod has a link of that name that is no VRF")
	other, err := netlink.LinkByName("blue")
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkDel(other); err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkAdd(&netlink.Vrf{LinkAttrs: netlink.LinkAttrs{Name: "blue"}, Table: 11}); err != nil {
		t.Fatal(err)
	}
	p.fails(report.Failed, "the pod's VRF of that name has table 11")
	p.has(l)
}
