package podlink_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// stateOf tells what the namespace of the calling thread has, of all that podlink sets:
// routes with its mark, rules, permanent neighbours, VRFs, and sysctls that are no
// interface's. Addresses are those of the test.
func stateOf(t *testing.T) (all []string) {
	t.Helper()
	check := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		rules, err := netlink.RuleList(family)
		check(err)
		routes, err := netlink.RouteListFiltered(family, &netlink.Route{Table: unix.RT_TABLE_UNSPEC, Protocol: 0x68}, netlink.RT_FILTER_TABLE|netlink.RT_FILTER_PROTOCOL)
		check(err)
		neighbors, err := netlink.NeighListExecute(netlink.Ndmsg{Family: uint8(family), State: netlink.NUD_PERMANENT})
		check(err)
		addresses, err := netlink.AddrList(nil, family)
		check(err)
		all = append(all, fmt.Sprint(rules), fmt.Sprint(routes), fmt.Sprint(neighbors))
		for _, a := range addresses {
			if slices.Contains([]string{"192.0.2.10/24", "2001:db8::10/64"}, a.IPNet.String()) {
				all = append(all, a.String())
			}
		}
	}
	for _, pattern := range []string{"/proc/sys/net/ipv4/conf/all/*", "/proc/sys/net/ipv4/conf/default/*", "/proc/sys/net/ipv6/conf/all/*", "/proc/sys/net/ipv6/conf/default/*"} {
		files, err := filepath.Glob(pattern)
		check(err)
		for _, f := range files {
			if b, err := os.ReadFile(f); err == nil {
				all = append(all, f+" "+strings.TrimSpace(string(b)))
			}
		}
	}
	return all
}

// elsewhere runs f on a thread that is not the pod's.
func elsewhere(f func() []string) []string {
	got := make(chan []string)
	go func() { got <- f() }()
	return <-got
}

// TestHostStaysAsItIs: everything that podlink sets is in the pod, and the host is
// as it was while it is there.
func TestHostStaysAsItIs(t *testing.T) {
	before := stateOf(t)
	p := newPod(t)
	p.link("net1", alias)
	empty := stateOf(t)
	p.set(`{"addresses": ["192.0.2.10/24", "2001:db8::10/64"], "routes": [{"destination": "10.0.0.0/8", "gateway": "192.0.2.254", "table": 100}],
		"rules": [{"priority": 100, "source": "192.0.2.10/32", "table": 100}, {"priority": 101, "mark": 7, "table": 100}],
		"neighbors": [{"address": "192.0.2.254", "macAddress": "02:00:00:00:00:01"}], "sysctls": {"ipv4.forwarding": 1, "ipv6.accept_ra": 0}}`)
	p.succeeds()
	during := elsewhere(func() []string { return stateOf(t) })
	if diff := cmp.Diff(before, during); diff != "" {
		t.Errorf("the host -before +during:\n%s", diff)
	}
	if now := stateOf(t); slices.Equal(now, empty) {
		t.Errorf("nothing is seen in the pod: %v", now)
	}
}
