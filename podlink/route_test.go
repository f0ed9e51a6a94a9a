package podlink_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/api/report"
)

// routes of a link that podlink made, as text, sorted.
func (p *pod) routes(l netlink.Link) (all []string) {
	p.t.Helper()
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		list, err := netlink.RouteListFiltered(family,
			&netlink.Route{LinkIndex: l.Attrs().Index, Table: unix.RT_TABLE_UNSPEC, Protocol: 0x68}, netlink.RT_FILTER_OIF|netlink.RT_FILTER_TABLE|netlink.RT_FILTER_PROTOCOL)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, r := range list {
			all = append(all, fmt.Sprintf("%v via %v src %v scope %d metric %d mtu %d table %d flags %d", r.Dst, r.Gw, r.Src, r.Scope, r.Priority, r.MTU, r.Table, r.Flags&unix.RTNH_F_ONLINK))
		}
	}
	slices.Sort(all)
	return all
}

func (p *pod) hasRoutes(l netlink.Link, want ...string) {
	p.t.Helper()
	slices.Sort(want)
	if got := p.routes(l); !slices.Equal(got, want) {
		p.t.Errorf("%s has routes\n%s\nwant\n%s", l.Attrs().Name, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const everyRoute = `{"addresses": ["192.0.2.10/24", "192.0.2.11/24", "2001:db8::10/64"], "routes": [
	{"destination": "10.0.0.0/8", "gateway": "192.0.2.254", "source": "192.0.2.11", "metric": 7, "mtu": 1400},
	{"destination": "10.9.0.0/16", "gateway": "198.51.100.1", "onLink": true},
	{"destination": "198.51.100.0/24"},
	{"destination": "203.0.113.1/32", "scope": "global", "table": 100},
	{"destination": "0.0.0.0/0", "gateway": "192.0.2.254", "table": 4294967295},
	{"destination": "2001:db8:1::/48", "gateway": "2001:db8::1", "source": "2001:db8::10", "metric": 5, "mtu": 1300},
	{"destination": "2001:db8:2::/48", "table": 100},
	{"destination": "2001:db8:3::/48", "gateway": "2001:db8:ffff::1", "onLink": true}]}`

var everyRouteMade = []string{
	"10.0.0.0/8 via 192.0.2.254 src 192.0.2.11 scope 0 metric 7 mtu 1400 table 254 flags 0",
	"10.9.0.0/16 via 198.51.100.1 src <nil> scope 0 metric 0 mtu 0 table 254 flags 4",
	"198.51.100.0/24 via <nil> src <nil> scope 253 metric 0 mtu 0 table 254 flags 0",
	"203.0.113.1/32 via <nil> src <nil> scope 0 metric 0 mtu 0 table 100 flags 0",
	"0.0.0.0/0 via 192.0.2.254 src <nil> scope 0 metric 0 mtu 0 table 4294967295 flags 0",
	"2001:db8:1::/48 via 2001:db8::1 src 2001:db8::10 scope 0 metric 5 mtu 1300 table 254 flags 0",
	"2001:db8:3::/48 via 2001:db8:ffff::1 src <nil> scope 0 metric 1024 mtu 0 table 254 flags 4",
	"2001:db8:2::/48 via <nil> src <nil> scope 0 metric 1024 mtu 0 table 100 flags 0",
}

func TestRoutes(t *testing.T) {
	p := newPod(t)
	l := p.link("net1", alias)
	p.set(everyRoute)
	for range 3 {
		p.succeeds()
		p.hasRoutes(l, everyRouteMade...)
	}
	// What a program in the pod did is made right again.
	if err := netlink.RouteDel(&netlink.Route{LinkIndex: l.Attrs().Index, Dst: parseNet(t, "10.0.0.0/8")}); err != nil {
		t.Fatal(err)
	}
	own := &netlink.Route{LinkIndex: l.Attrs().Index, Dst: parseNet(t, "172.16.0.0/12"), Scope: netlink.SCOPE_LINK}
	if err := netlink.RouteAdd(own); err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkSetDown(l); err != nil { // loses v4 routes and v6 addresses
		t.Fatal(err)
	}
	p.succeeds()
	p.hasRoutes(l, everyRouteMade...)
	if err := netlink.RouteAdd(own); err != nil {
		t.Fatal(err)
	}
	// Those of an earlier record go, and what is the pod's own stays.
	p.set(`{"addresses": ["192.0.2.10/24"], "routes": [{"destination": "10.0.0.0/8", "gateway": "192.0.2.253", "metric": 7}]}`)
	p.succeeds()
	p.hasRoutes(l, "10.0.0.0/8 via 192.0.2.253 src <nil> scope 0 metric 7 mtu 0 table 254 flags 0")
	if err := netlink.RouteDel(own); err != nil {
		t.Errorf("the pod's own route: %v", err)
	}
}

// TestDefaultRoute takes the place of the pod's own with the same metric.
func TestDefaultRoute(t *testing.T) {
	p := newPod(t)
	eth0 := p.link("eth0", "")
	l := p.link("net1", alias)
	if err := netlink.LinkSetUp(eth0); err != nil {
		t.Fatal(err)
	}
	p.add(eth0, "10.244.0.5/24")
	for _, metric := range []int{0, 50} {
		if err := netlink.RouteAdd(&netlink.Route{LinkIndex: eth0.Attrs().Index, Dst: parseNet(t, "0.0.0.0/0"), Gw: []byte{10, 244, 0, 1}, Priority: metric}); err != nil {
			t.Fatal(err)
		}
	}
	p.set(`{"addresses": ["192.0.2.10/24", "2001:db8::10/64"], "defaultRoute": true, "routes": [
		{"destination": "0.0.0.0/0", "gateway": "192.0.2.254"}, {"destination": "::/0", "gateway": "2001:db8::1"}]}`)
	for range 2 {
		p.succeeds()
		p.hasRoutes(l, "0.0.0.0/0 via 192.0.2.254 src <nil> scope 0 metric 0 mtu 0 table 254 flags 0",
			"::/0 via 2001:db8::1 src <nil> scope 0 metric 1024 mtu 0 table 254 flags 0")
		list, err := netlink.RouteListFiltered(unix.AF_INET, &netlink.Route{LinkIndex: eth0.Attrs().Index, Dst: nil}, netlink.RT_FILTER_OIF|netlink.RT_FILTER_DST)
		if err != nil || len(list) != 1 || list[0].Priority != 50 {
			t.Errorf("eth0 has default routes %v, %v, want the one with metric 50", list, err)
		}
	}
}

func TestRouteThatCannotBe(t *testing.T) {
	p := newPod(t)
	eth0 := p.link("eth0", "")
	p.link("net1", alias)
	if err := netlink.LinkSetUp(eth0); err != nil {
		t.Fatal(err)
	}
	p.add(eth0, "198.51.100.1/24")
	for _, tc := range []struct{ route, want string }{
		{`{"destination": "10.0.0.0/8", "gateway": "203.0.113.1"}`, "netdev.routes[0]: 10.0.0.0/8 cannot be set on net1: network is unreachable: Nexthop has invalid gateway"},
		{`{"destination": "10.0.0.0/8", "source": "203.0.113.1"}`, "netdev.routes[0]: 10.0.0.0/8 cannot be set on net1: invalid argument"},
		{`{"destination": "198.51.100.0/24"}`,
			"netdev.routes[0]: 198.51.100.0/24 cannot be set on net1: the pod has another route there with metric 0 in table 254: file exists"},
	} {
		p.set(`{"addresses": ["192.0.2.10/24"], "routes": [` + tc.route + `]}`)
		p.fails(report.Failed, tc.want)
	}
}
