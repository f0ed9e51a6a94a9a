package podlink_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/api/layer3"
	"github.com/hawser-dra/hawser/api/report"
)

func sysctl(t *testing.T, key, link string) string {
	t.Helper()
	b, err := os.ReadFile(layer3.SysctlPath(key, link))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// TestSysctls: every key of the allow-list is one of this kernel, is set, and is
// the interface's alone.
func TestSysctls(t *testing.T) {
	p := newPod(t)
	p.link("net1", alias)
	p.link("net2", "")
	values := map[string]int32{}
	before := map[string]string{}
	for _, key := range layer3.SysctlKeys() {
		values[key] = 1
		before[key] = sysctl(t, key, "net2")
	}
	values["ipv4.arp_ignore"], values["ipv4.rp_filter"], values["ipv6.keep_addr_on_down"], values["ipv6.use_tempaddr"] = 8, 2, -1, -1
	values["ipv6.disable_ipv6"] = 0
	b, err := json.Marshal(map[string]any{"sysctls": values, "addresses": []string{"192.0.2.10/24", "2001:db8::10/64"}})
	if err != nil {
		t.Fatal(err)
	}
	p.set(string(b))
	for range 2 {
		p.succeeds()
		for _, key := range slices.Sorted(maps.Keys(values)) {
			if got := sysctl(t, key, "net1"); got != fmt.Sprint(values[key]) {
				t.Errorf("%s of net1 is %s, want %d", key, got, values[key])
			}
			if got := sysctl(t, key, "net2"); got != before[key] {
				t.Errorf("%s of net2 is %s, was %s", key, got, before[key])
			}
		}
	}
}

// TestSysctlsAreFirst: an address of IPv6 can be set where the pod has none.
func TestSysctlsAreFirst(t *testing.T) {
	p := newPod(t)
	l := p.link("net1", alias)
	if err := os.WriteFile(layer3.SysctlPath("ipv6.disable_ipv6", "net1"), []byte("1"), 0); err != nil {
		skip(t, "IPv6 cannot be turned off", err)
	}
	p.set(`{"addresses": ["2001:db8::10/64"], "sysctls": {"ipv6.disable_ipv6": 0}}`)
	p.succeeds()
	p.has(l, "2001:db8::10/64")
}

func TestSysctlThatCannotBe(t *testing.T) {
	p := newPod(t)
	p.link("net1", alias)
	p.set(`{"sysctls": {"ipv6.addr_gen_mode": 2}}`) // without a secret
	p.fails(report.Failed, "netdev.sysctls[ipv6.addr_gen_mode]: 2 cannot be set on net1: write /proc/sys/net/ipv6/conf/net1/addr_gen_mode: invalid argument")
}
