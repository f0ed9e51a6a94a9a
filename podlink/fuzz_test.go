package podlink

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/api/layer3"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/podlink/rtnl"
)

const fuzzRecord = `{"version":1,"claim":{"uid":"0b0f6f0e-7a39-4c1b-9d4e-0f1f5c7a9e11","namespace":"default","name":"net"},"hostNetns":1,` +
	`"devices":[{"key":"d0","request":"nic","pool":"node1","device":"netdev-virtual","cdi":"dra.example.com/claim=x","config":{},` +
	`"link":{"name":"net1","hostName":"hwabc","alias":"hawser/u/d0","addresses":["192.0.2.1/24",{"address":"2001:db8::1/64","noDAD":false}],` +
	`"defaultRoute":true,"routes":[{"destination":"0.0.0.0/0","gateway":"192.0.2.254","metric":7,"mtu":1400},{"destination":"2001:db8:9::/48","table":100}],` +
	`"rules":[{"priority":100,"source":"192.0.2.1/32","table":100},{"priority":101,"mark":7,"table":100}],"vrf":{"name":"blue","table":10},` +
	`"neighbors":[{"address":"192.0.2.254","macAddress":"02:00:00:00:00:01"}],"sysctls":{"ipv4.rp_filter":2,"ipv6.keep_addr_on_down":-1}}}]}`

// FuzzRecord: a file at the record's path is refused or is a record of which
// everything can be set.
func FuzzRecord(f *testing.F) {
	f.Add([]byte(fuzzRecord), "d0")
	f.Add([]byte(strings.Replace(fuzzRecord, "192.0.2.1/24", "fe80::1%eth0/64", 1)), "d1")
	path := filepath.Join(f.TempDir(), "x"+record.Suffix)
	f.Fuzz(func(t *testing.T, b []byte, key string) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(path) // a file system may flush what is written over
		r, err := load(path)
		if err != nil {
			return
		}
		d := r.Device(key)
		if d == nil || d.Link == nil {
			return
		}
		s := settler{want: &d.Link.Settings}
		addresses, err := parseAddresses(s.want.Addresses, d.Link.Name)
		if err != nil || len(addresses) != len(s.want.Addresses) {
			t.Errorf("%v of %v, %v", addresses, s.want.Addresses, err)
		}
		routes, err := s.parseRoutes()
		if err != nil || len(routes) != len(s.want.Routes) {
			t.Errorf("%v of %v, %v", routes, s.want.Routes, err)
		}
		checkRules(t, &s)
		neighbors, err := s.parseNeighbors()
		if err != nil || len(neighbors) != len(s.want.Neighbors) {
			t.Errorf("%v of %v, %v", neighbors, s.want.Neighbors, err)
		}
		for key := range s.want.Sysctls {
			path := layer3.SysctlPath(key, d.Link.Name)
			if path != filepath.Clean(path) || strings.Count(path, "/") != 7 || strings.Contains(path, "/conf/all/") {
				t.Errorf("sysctl %q is %s", key, path)
			}
		}
		if d.Link.Alias == "" {
			t.Error("a link without a mark would be anybody's")
		}
	})
}

func checkRules(t *testing.T, s *settler) {
	t.Helper()
	made := map[int]bool{}
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		rules, err := s.parseRules(family)
		if err != nil {
			t.Error(err)
		}
		for i, r := range rules {
			made[i] = true
			if r.Table >= 253 && r.Table <= 255 || r.Priority == 0 {
				t.Errorf("%+v", r)
			}
		}
	}
	if len(made) != len(s.want.Rules) {
		t.Errorf("%v of %v", made, s.want.Rules)
	}
}

// FuzzWrong: of what an interface has, only podlink's own addresses and those
// that are in the way go.
func FuzzWrong(f *testing.F) {
	f.Add("192.0.2.1/24", "192.0.2.1/25", uint8(0))
	f.Add("192.0.2.1/24", "192.0.2.9/24", uint8(origin))
	f.Add("::ffff:192.0.2.1/120", "192.0.2.1/24", uint8(origin))
	f.Fuzz(func(t *testing.T, wanted, there string, by uint8) {
		want, err := parseAddresses([]layer3.Address{{Address: wanted}}, "net1")
		have, haveErr := netip.ParsePrefix(there)
		if err != nil || haveErr != nil {
			return
		}
		label := want[0].Label
		gone := wrong([]rtnl.Address{{Prefix: have, Label: label, Origin: by}}, want)
		switch same := have.Addr() == want[0].Prefix.Addr(); {
		case have == want[0].Prefix && len(gone) > 0:
			t.Errorf("%s is wanted and goes", have)
		case !same && by != origin && len(gone) > 0:
			t.Errorf("%s is the pod's own and goes", have)
		case !same && by == origin && len(gone) == 0:
			t.Errorf("%s is podlink's, of no use, and stays", have)
		}
	})
}
