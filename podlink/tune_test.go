package podlink_test

import (
	"encoding/json"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/api/report"
	"github.com/hawser-dra/hawser/internal/ethtool"
)

// tuned has the claim's record say what to set of its link.
func (p *pod) tuned(offloads string) {
	p.t.Helper()
	p.write("192.0.2.10/24")
	r, err := record.Parse(p.readRaw())
	if err == nil {
		r.Devices[0].Link.Offloads = new(record.Offloads)
		err = json.Unmarshal([]byte(offloads), r.Devices[0].Link.Offloads)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.writeRecord(r)
}

// drivers reads what a link's driver has.
func (p *pod) drivers(name string) ethtool.State {
	p.t.Helper()
	d, err := ethtool.Open(name)
	if err != nil {
		p.t.Fatal(err)
	}
	defer d.Close()
	s, err := d.Read()
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func attrs(t *testing.T, name string) *netlink.LinkAttrs {
	t.Helper()
	l, err := netlink.LinkByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return l.Attrs()
}

// TestTuned sets all that a veth has, and sets it again where the pod has changed
// it between two starts of a container.
func TestTuned(t *testing.T) {
	p := newPod(t)
	l := p.link("net1", alias)
	other := attrs(t, "pnet1")
	p.tuned(`{"ethtool": {"features": {"rx-gro": true, "tx-tcp-segmentation": false, "loopback": false}},
		"gsoMaxSize": 150000, "groMaxSize": 160000, "gsoIPv4MaxSize": 170000, "groIPv4MaxSize": 180000,
		"txQueueLen": 500, "promiscuous": true, "allMulticast": true}`)
	for range 3 {
		p.succeeds()
		a, driver := attrs(t, "net1"), p.drivers("net1")
		if a.GSOMaxSize != 150000 || a.GROMaxSize != 160000 || a.GSOIPv4MaxSize != 170000 || a.GROIPv4MaxSize != 180000 || a.TxQLen != 500 {
			t.Errorf("sizes %+v", a)
		}
		if a.RawFlags&unix.IFF_PROMISC == 0 || a.RawFlags&unix.IFF_ALLMULTI == 0 || a.Promisc != 1 {
			t.Errorf("flags %x, promiscuous %d times", a.RawFlags, a.Promisc)
		}
		if !driver.Features["rx-gro"] || driver.Features["tx-tcp-segmentation"] {
			t.Errorf("features %v", driver.Features)
		}
		p.has(l, "192.0.2.10/24")
		for _, err := range []error{
			netlink.LinkSetGSOMaxSize(l, 3000), netlink.LinkSetGROIPv4MaxSize(l, 3000), netlink.LinkSetTxQLen(l, 7), netlink.LinkSetAllmulticastOff(l),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if now := attrs(t, "pnet1"); now.GSOMaxSize != other.GSOMaxSize || now.TxQLen != other.TxQLen || now.RawFlags&unix.IFF_PROMISC != 0 {
		t.Errorf("another link was changed: %+v", now)
	}
	if err := netlink.LinkSetAllmulticastOn(l); err != nil {
		t.Fatal(err)
	}
	p.tuned(`{"promiscuous": false}`)
	p.succeeds()
	if a := attrs(t, "net1"); a.RawFlags&unix.IFF_PROMISC != 0 || a.RawFlags&unix.IFF_ALLMULTI == 0 {
		t.Errorf("flags %x, want what the claim turns off off, and the rest as it was", a.RawFlags)
	}
}

// TestTuningRefused says in the pod's events which setting, and what there is.
func TestTuningRefused(t *testing.T) {
	p := newPod(t)
	p.link("net1", alias)
	for offloads, want := range map[string]string{
		`{"ethtool": {"features": {"gro": true}}}`:                             "claim default/data: interface net1: netdev.ethtool.features[gro]: true: the device has no such feature; it can change ",
		`{"ethtool": {"privateFlags": {"a": true}, "rings": {"rx": 64}}}`:      "netdev.ethtool.privateFlags[a]: true: the device has no such flag; it has none; netdev.ethtool.rings.rx: 64: the device has no ring sizes to set",
		`{"ethtool": {"coalesce": {"rxUsecs": 64}}, "gsoMaxSize": 4294967295}`: "netdev.ethtool.coalesce.rxUsecs: 64: the device has no coalescing to set; netdev.gsoMaxSize: 4294967295: invalid argument: too big gso_max_size: the device has at most 524280 (tso_max_size)",
		`{"groMaxSize": 4294967295, "txQueueLen": 4294967295}`:                 "netdev.groMaxSize: 4294967295: ",
	} {
		p.tuned(offloads)
		p.fails(report.Failed, want)
	}
	p.tuned(`{"gsoIPv4MaxSize": 4294967295}`)
	r, err := record.Parse(p.readRaw())
	if err != nil {
		t.Fatal(err)
	}
	r.Devices[0].RDMA = &record.RDMA{IBDev: "rxe0"}
	p.writeRecord(r)
	p.fails(report.Failed, "interface net1: combo.netdev.gsoIPv4MaxSize: ")
}
