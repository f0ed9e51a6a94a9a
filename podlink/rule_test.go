package podlink_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// rules of the pod but for the kernel's own, as text, sorted.
func (p *pod) rules() (all []string) {
	p.t.Helper()
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		list, err := netlink.RuleList(family)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, r := range list {
			if r.Priority == 0 || r.Priority >= 32766 || r.Priority == 1000 {
				continue
			}
			all = append(all, fmt.Sprintf("%d: from %v to %v mark %d table %d", r.Priority, r.Src, r.Dst, r.Mark, r.Table))
		}
	}
	slices.Sort(all)
	return all
}

func (p *pod) hasRules(want ...string) {
	p.t.Helper()
	slices.Sort(want)
	if got := p.rules(); !slices.Equal(got, want) {
		p.t.Errorf("the pod has rules %q\nwant %q", got, want)
	}
}

func TestRules(t *testing.T) {
	p := newPod(t)
	p.link("net1", alias)
	own := netlink.NewRule()
	own.Priority, own.Table, own.Src = 50, 9, parseNet(t, "192.0.2.0/24")
	if err := netlink.RuleAdd(own); err != nil {
		t.Fatal(err)
	}
	p.set(`{"rules": [
		{"priority": 100, "source": "192.0.2.10/32", "table": 100},
		{"priority": 100, "source": "2001:db8::10/128", "destination": "2001:db8:9::/48", "table": 4294967295},
		{"priority": 101, "destination": "10.0.0.0/8", "mark": 7, "table": 100},
		{"priority": 102, "mark": 8, "table": 100}]}`)
	const pods = "50: from 192.0.2.0/24 to <nil> mark 0 table 9"
	for range 3 {
		p.succeeds()
		p.hasRules(pods, "100: from 192.0.2.10/32 to <nil> mark 0 table 100",
			"100: from 2001:db8::10/128 to 2001:db8:9::/48 mark 0 table 4294967295",
			"101: from <nil> to 10.0.0.0/8 mark 7 table 100",
			"102: from <nil> to <nil> mark 8 table 100", "102: from <nil> to <nil> mark 8 table 100")
	}
	// Those of an earlier record at these priorities go, and those of other claims
	// and of the pod stay.
	p.set(`{"rules": [{"priority": 100, "source": "192.0.2.11/32", "table": 100}]}`)
	p.succeeds()
	p.hasRules(pods, "100: from 192.0.2.11/32 to <nil> mark 0 table 100",
		"100: from 2001:db8::10/128 to 2001:db8:9::/48 mark 0 table 4294967295", // v6: no rule of this record is
		"101: from <nil> to 10.0.0.0/8 mark 7 table 100",
		"102: from <nil> to <nil> mark 8 table 100", "102: from <nil> to <nil> mark 8 table 100")
}
