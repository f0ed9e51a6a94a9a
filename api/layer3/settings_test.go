package layer3_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-dra/hawser/api/layer3"
)

// everything is settings with each field.
const everything = `{"addresses": ["192.0.2.1/24", {"address": "192.0.2.2/32", "peer": "192.0.2.3/32", "label": "net1:1"},
	{"address": "2001:db8::1/64", "noDAD": false, "noPrefixRoute": true, "preferredLifetime": 0, "validLifetime": 60}],
	"defaultRoute": true, "routes": [
		{"destination": "10.0.0.0/8", "gateway": "192.0.2.254", "source": "192.0.2.1", "scope": "global", "metric": 7, "mtu": 1400, "table": 100, "onLink": true},
		{"destination": "::/0", "gateway": "fe80::1"}],
	"rules": [{"priority": 100, "source": "192.0.2.1/32", "destination": "10.0.0.0/8", "mark": 7, "table": 100}],
	"neighbors": [{"address": "192.0.2.254", "macAddress": "02:00:00:00:00:01"}],
	"vrf": {"name": "blue", "table": 10}, "sysctls": {"ipv4.rp_filter": 2}}`

func read(t *testing.T, s string) (settings layer3.Settings) {
	t.Helper()
	if err := json.Unmarshal([]byte(s), &settings); err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return settings
}

func TestEverything(t *testing.T) {
	s := read(t, strings.Replace(everything, `"vrf": {"name": "blue", "table": 10}, `, "", 1))
	for _, err := range s.Validate() {
		t.Error(err)
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, read(t, string(b))); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(string(b), `{"addresses":["192.0.2.1/24",{`) {
		t.Errorf("the short form is not kept: %s", b)
	}
	if diff := cmp.Diff([]string{"192.0.2.1/24", "192.0.2.2/32", "2001:db8::1/64"}, s.CIDRs()); diff != "" {
		t.Error(diff)
	}
	all := read(t, everything)
	if diff := cmp.Diff([]string{"addresses", "routes", "rules", "neighbors", "vrf", "sysctls"}, all.Fields()); diff != "" {
		t.Error(diff)
	}
}

func TestDefaults(t *testing.T) {
	for route, want := range map[string]layer3.RouteSpec{
		`{"destination": "10.0.0.0/8"}`:                                {Scope: layer3.ScopeLink},
		`{"destination": "10.0.0.0/8", "gateway": "192.0.2.1"}`:        {},
		`{"destination": "2001:db8::/32"}`:                             {Metric: 1024},
		`{"destination": "2001:db8::/32", "metric": 0}`:                {Metric: 1024},
		`{"destination": "2001:db8::/32", "metric": 1, "mtu": 1280}`:   {Metric: 1, MTU: 1280},
		`{"destination": "10.0.0.0/8", "scope": "host", "mtu": 68}`:    {Scope: layer3.ScopeHost, MTU: 68},
		`{"destination": "10.0.0.0/8", "table": 256, "metric": 70000}`: {Scope: layer3.ScopeLink, Table: 256, Metric: 70000},
	} {
		var r layer3.Route
		if err := json.Unmarshal([]byte(route), &r); err != nil {
			t.Fatal(err)
		}
		got, err := r.Parse()
		want.Destination, want.Gateway = got.Destination, got.Gateway
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", route, got, err, want)
		}
	}
	inVRF := read(t, `{"vrf": {"name": "blue", "table": 10}, "routes": [{"destination": "0.0.0.0/0", "gateway": "192.0.2.1"}]}`)
	if errs := inVRF.Validate(); len(errs) > 0 {
		t.Error(errs)
	}
	spec, _ := inVRF.Routes[0].Parse()
	if key := inVRF.RouteKey(spec); key.Table != 10 {
		t.Errorf("a VRF's route goes to table %d", key.Table)
	}
}

func TestRefused(t *testing.T) {
	for settings, want := range map[string]string{
		`{"addresses": ["192.0.2.1"]}`:                                                             `addresses[0]: "192.0.2.1": must be an address with a prefix length`,
		`{"addresses": [{"peer": "192.0.2.1/32"}]}`:                                                `addresses[0].address: "<nil>": must be an address`,
		`{"addresses": ["192.0.2.1/24", {"address": "192.0.2.1/32"}]}`:                             `addresses[1]: "192.0.2.1": `,
		`{"addresses": [{"address": "ff02::1/64", "noDAD": true}]}`:                                `addresses[0].address: "ff02::1/64": must be a unicast`,
		`{"addresses": [{"address": "192.0.2.1/24", "peer": "192.0.2.2/32"}]}`:                     `addresses[0].address: "192.0.2.1/24": must have the prefix length of one address`,
		`{"addresses": [{"address": "192.0.2.1/32", "peer": "2001:db8::1/128"}]}`:                  `addresses[0].peer: "2001:db8::1/128": must be of the address's family`,
		`{"addresses": [{"address": "192.0.2.1/32", "label": "sixteen-bytes-xx"}]}`:                `addresses[0].label: "sixteen-bytes-xx": must have 1 to 15 bytes`,
		`{"addresses": [{"address": "2001:db8::1/64", "label": "net1"}]}`:                          `addresses[0].label: "net1": an IPv6 address has none`,
		`{"addresses": [{"address": "192.0.2.1/32", "noDAD": true}]}`:                              `addresses[0].noDAD: "true": the kernel looks for no duplicates`,
		`{"addresses": [{"address": "192.0.2.1/32", "validLifetime": 0}]}`:                         `addresses[0].validLifetime: "0": must be 1 second or more`,
		`{"addresses": [{"address": "192.0.2.1/32", "validLifetime": 5, "preferredLifetime": 6}]}`: `addresses[0].preferredLifetime: "6": must be at most validLifetime`,
		`{"routes": [{}]}`: `routes[0].destination: "<nil>": must be a subnet`,
		`{"routes": [{"destination": "10.0.0.1/8"}]}`:                                                 `routes[0].destination: "10.0.0.1/8": must have no bits set beyond its prefix length, such as 10.0.0.0/8`,
		`{"routes": [{"destination": "::ffff:10.0.0.0/104"}]}`:                                        `routes[0].destination: "::ffff:10.0.0.0/104": must be a subnet`,
		`{"routes": [{"destination": "10.0.0.0/8", "gateway": "192.0.2.1/24"}]}`:                      `routes[0].gateway: "192.0.2.1/24": must be a unicast address without a prefix length`,
		`{"routes": [{"destination": "10.0.0.0/8", "gateway": "2001:db8::1"}]}`:                       `routes[0].gateway: "2001:db8::1": must be of the same family`,
		`{"routes": [{"destination": "10.0.0.0/8", "gateway": "fe80::1%eth0"}]}`:                      `routes[0].gateway: "fe80::1%eth0": must be`,
		`{"routes": [{"destination": "10.0.0.0/8", "source": "0.0.0.0"}]}`:                            `routes[0].source: "0.0.0.0": must be`,
		`{"routes": [{"destination": "10.0.0.0/8", "onLink": true}]}`:                                 `routes[0].onLink: "true": needs a gateway`,
		`{"routes": [{"destination": "10.0.0.0/8", "scope": "site"}]}`:                                `routes[0].scope: "site": must be global, link or host`,
		`{"routes": [{"destination": "10.0.0.0/8", "scope": "link", "gateway": "192.0.2.1"}]}`:        `routes[0].scope: "link": must be global with a gateway`,
		`{"routes": [{"destination": "2001:db8::/32", "scope": "link"}]}`:                             `routes[0].scope: "link": an IPv6 route has none`,
		`{"routes": [{"destination": "10.0.0.0/8", "mtu": 67}]}`:                                      `routes[0].mtu: "67": must be 68 to 65535 bytes`,
		`{"routes": [{"destination": "2001:db8::/32", "mtu": 1279}]}`:                                 `routes[0].mtu: "1279": must be 1280 to 65535 bytes`,
		`{"routes": [{"destination": "10.0.0.0/8", "table": 254}]}`:                                   `routes[0].table: "254": must be a table's number, 1 to 4294967295, and not 253 to 255`,
		`{"routes": [{"destination": "10.0.0.0/8", "table": 0}]}`:                                     `routes[0].table: "0": must be`,
		`{"routes": [{"destination": "10.0.0.0/8"}, {"destination": "10.0.0.0/8", "metric": 0}]}`:     `routes[1]: "10.0.0.0/8 with metric 0 in table 254": `,
		`{"routes": [{"destination": "0.0.0.0/0", "gateway": "192.0.2.1"}]}`:                          `routes[0].destination: "0.0.0.0/0": a default route in the main table takes all traffic of the pod: say defaultRoute: true`,
		`{"routes": [{"destination": "::/0"}]}`:                                                       `routes[0].destination: "::/0": a default route`,
		`{"defaultRoute": true, "routes": [{"destination": "0.0.0.0/0", "table": 7}]}`:                `defaultRoute: "true": needs a route to 0.0.0.0/0 or ::/0`,
		`{"rules": [{"source": "10.0.0.0/8", "table": 7}]}`:                                           `rules[0].priority: "<nil>": must be 1 to 32765`,
		`{"rules": [{"priority": 0, "source": "10.0.0.0/8", "table": 7}]}`:                            `rules[0].priority: "0": must be 1 to 32765`,
		`{"rules": [{"priority": 32766, "source": "10.0.0.0/8", "table": 7}]}`:                        `rules[0].priority: "32766": must be`,
		`{"rules": [{"priority": 1, "table": 7}]}`:                                                    `rules[0].source: "<nil>": a rule without source, destination and mark would take all`,
		`{"rules": [{"priority": 1, "mark": 0, "table": 7}]}`:                                         `rules[0].mark: "0": must not be 0`,
		`{"rules": [{"priority": 1, "mark": 1}]}`:                                                     `rules[0].table: "<nil>": must be a table's number`,
		`{"rules": [{"priority": 1, "mark": 1, "table": 253}]}`:                                       `rules[0].table: "253": must be a table's number`,
		`{"rules": [{"priority": 1, "mark": 1, "table": 255}]}`:                                       `rules[0].table: "255": must be a table's number`,
		`{"rules": [{"priority": 1, "source": "192.0.2.1", "table": 7}]}`:                             `rules[0].source: "192.0.2.1": must be a subnet`,
		`{"rules": [{"priority": 1, "source": "10.0.0.0/8", "destination": "::/0", "table": 7}]}`:     `rules[0].destination: "::/0": must be of the same family as the source`,
		`{"rules": [{"priority": 1, "mark": 1, "table": 7}, {"priority": 1, "mark": 1, "table": 7}]}`: `rules[1]: "rule with priority 1": `,
		`{"neighbors": [{"macAddress": "02:00:00:00:00:01"}]}`:                                        `neighbors[0].address: "<nil>": must be an address on the link`,
		`{"neighbors": [{"address": "192.0.2.1"}]}`:                                                   `neighbors[0].macAddress: "<nil>": must be a hardware address`,
		`{"neighbors": [{"address": "192.0.2.1/24", "macAddress": "02:00:00:00:00:01"}]}`:             `neighbors[0].address: "192.0.2.1/24": must be an address on the link`,
		`{"neighbors": [{"address": "192.0.2.1", "macAddress": "02:00:00:00:00:00:00:01"}]}`:          `neighbors[0].macAddress: "02:00:00:00:00:00:00:01": must be a hardware address`,
		`{"vrf": {"table": 7}}`:                                                  `vrf.name: "<nil>": must be the name of a link`,
		`{"vrf": {"name": "a/b", "table": 7}}`:                                   `vrf.name: "a/b": must not contain`,
		`{"vrf": {"name": "eth0", "table": 7}}`:                                  `vrf.name: "eth0": is reserved`,
		`{"vrf": {"name": "blue"}}`:                                              `vrf.table: "<nil>": must be a table's number`,
		`{"vrf": {"name": "blue", "table": 254}}`:                                `vrf.table: "254": must be a table's number`,
		`{"sysctls": {"ipv4.ip_forward": 1}}`:                                    `sysctls: "ipv4.ip_forward": must be one of ipv4.accept_local`,
		`{"sysctls": {"ipv4.../../../kernel/panic": 1}}`:                         `sysctls: "ipv4.../../../kernel/panic": must be one of`,
		`{"sysctls": {"ipv4.rp_filter": 3}}`:                                     `sysctls[ipv4.rp_filter]: "3": must be 0 to 2`,
		`{"sysctls": {"ipv6.keep_addr_on_down": -2}}`:                            `sysctls[ipv6.keep_addr_on_down]: "-2": must be -1 to 1`,
		`{"addresses": ["2001:db8::1/64"], "sysctls": {"ipv6.disable_ipv6": 1}}`: `sysctls[ipv6.disable_ipv6]: "1": must be 0 for the IPv6 addresses`,
	} {
		s := read(t, settings)
		errs := s.Validate()
		if len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", settings, errs, want)
		}
	}
}

func TestTooMany(t *testing.T) {
	for field, most := range map[string]int{"addresses": layer3.MaxAddresses, "routes": layer3.MaxRoutes, "rules": layer3.MaxRules, "neighbors": layer3.MaxNeighbors} {
		s := read(t, fmt.Sprintf(`{%q: [{}%s]}`, field, strings.Repeat(", {}", most)))
		errs := s.Validate()
		if len(errs) != 1 || errs[0].Reason != layer3.TooMany || errs[0].Field != field {
			t.Errorf("%d %s: %v", most+1, field, errs)
		}
	}
}

func TestUnknownFieldOfAnAddress(t *testing.T) {
	var s layer3.Settings
	if err := json.Unmarshal([]byte(`{"addresses": [{"address": "192.0.2.1/24", "hook": "/bin/sh"}]}`), &s); err == nil || !strings.Contains(err.Error(), `unknown field "hook"`) {
		t.Errorf("got %v", err)
	}
}
