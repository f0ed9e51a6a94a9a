package v1alpha1_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	config "github.com/hawser-dra/hawser/api/config/v1alpha1"
	"github.com/hawser-dra/hawser/api/layer3"
)

func claim(s string) config.Layer { return config.Layer{Parameters: []byte(s)} }
func class(s string) config.Layer { return config.Layer{Parameters: []byte(s), Class: true} }

func mtu(n uint32) *uint32 { return &n }
func is(b bool) *bool      { return &b }

func TestDecode(t *testing.T) {
	for name, tc := range map[string]struct {
		layers []config.Layer
		want   config.DeviceConfig
	}{
		"the seed's dummy": {
			[]config.Layer{claim(`{"type":"netdev","netdev":{"kind":"dummy","interfaceName":"net1"}}`)},
			config.DeviceConfig{Type: "netdev", Netdev: &config.Netdev{Kind: "dummy", InterfaceName: "net1"}},
		},
		"with header, macvlan's default mode": {
			[]config.Layer{claim(`{"apiVersion":"hawser.dev/v1alpha1","kind":"DeviceConfig","type":"netdev","netdev":{"kind":"macvlan","parent":"eth0"}}`)},
			config.DeviceConfig{Type: "netdev", Netdev: &config.Netdev{Kind: "macvlan", Parent: "eth0", Mode: "bridge"}},
		},
		"ipvlan's defaults": {
			[]config.Layer{claim(`{"type":"netdev","netdev":{"kind":"ipvlan","parent":"eth0"}}`)},
			config.DeviceConfig{Type: "netdev", Netdev: &config.Netdev{Kind: "ipvlan", Parent: "eth0", Mode: "l2", Flag: "bridge"}},
		},
		"claim completes class": {
			[]config.Layer{
				class(`{"type":"netdev","netdev":{"kind":"macvlan","parent":"eth0","mode":"private"}}`),
				claim(`{"netdev":{"interfaceName":"data0","mtu":1400}}`),
			},
			config.DeviceConfig{Type: "netdev", Netdev: &config.Netdev{Kind: "macvlan", Parent: "eth0", Mode: "private", InterfaceName: "data0", MTU: mtu(1400)}},
		},
		"claim repeats what the class fixed": {
			[]config.Layer{
				class(`{"type":"netdev","netdev":{"kind":"dummy"}}`),
				claim(`{"type":"netdev","netdev":{"kind":"dummy","mtu":9000}}`),
			},
			config.DeviceConfig{Type: "netdev", Netdev: &config.Netdev{Kind: "dummy", MTU: mtu(9000)}},
		},
		"claim overrides what the class allows": {
			[]config.Layer{
				class(`{"type":"netdev","overridable":["netdev.mtu","netdev.addresses"],"netdev":{"kind":"dummy","mtu":1400,"addresses":["192.0.2.1/24"]}}`),
				claim(`{"netdev":{"mtu":1300,"addresses":["192.0.2.2/24","2001:db8::2/64"]}}`),
			},
			config.DeviceConfig{Type: "netdev", Netdev: &config.Netdev{Kind: "dummy", MTU: mtu(1300), Settings: layer3.Settings{Addresses: []layer3.Address{{Address: "192.0.2.2/24"}, {Address: "2001:db8::2/64"}}}}},
		},
		"later claim entry wins": {
			[]config.Layer{
				claim(`{"type":"netdev","netdev":{"kind":"veth","parent":"br0"}}`),
				claim(`{"netdev":{"parent":"br1"}}`),
			},
			config.DeviceConfig{Type: "netdev", Netdev: &config.Netdev{Kind: "veth", Parent: "br1"}},
		},
		"a VF with every setting": {
			netdev(`"kind":"sriov-vf","vlan":5,"vlanQos":3,"vlanProto":"802.1ad","spoofCheck":false,"trust":true,"minTxRate":10,"maxTxRate":100,"linkState":"auto"`),
			config.DeviceConfig{Type: "netdev", Netdev: &config.Netdev{Kind: "sriov-vf",
				VLAN: mtu(5), VLANQoS: mtu(3), VLANProto: "802.1ad", SpoofCheck: is(false), Trust: is(true),
				MinTxRate: mtu(10), MaxTxRate: mtu(100), LinkState: "auto"}},
		},
		"class fixes a VLAN, claim sets the rest": {
			[]config.Layer{
				class(`{"type":"netdev","netdev":{"kind":"sriov-vf","vlan":5,"trust":false}}`),
				claim(`{"netdev":{"vlanQos":3,"interfaceName":"data0"}}`),
			},
			config.DeviceConfig{Type: "netdev", Netdev: &config.Netdev{Kind: "sriov-vf", InterfaceName: "data0",
				VLAN: mtu(5), VLANQoS: mtu(3), Trust: is(false)}},
		},
		"layer 3, a sysctl of the class": {
			[]config.Layer{
				class(`{"type":"netdev","overridable":["netdev.sysctls"],"netdev":{"kind":"dummy","sysctls":{"ipv4.rp_filter":1,"ipv6.accept_ra":0}}}`),
				claim(`{"netdev":{"addresses":["192.0.2.1/24",{"address":"2001:db8::1/64","noDAD":false}],"routes":[{"destination":"10.0.0.0/8","metric":4294967295}],"sysctls":{"ipv4.rp_filter":2}}}`),
			},
			config.DeviceConfig{Type: "netdev", Netdev: &config.Netdev{Kind: "dummy", Settings: layer3.Settings{
				Addresses: []layer3.Address{{Address: "192.0.2.1/24"}, {Address: "2001:db8::1/64", NoDAD: is(false)}},
				Routes:    []layer3.Route{{Destination: "10.0.0.0/8", Metric: mtu(4294967295)}},
				Sysctls:   map[string]int32{"ipv4.rp_filter": 2, "ipv6.accept_ra": 0},
			}}},
		},
		"a card by name": {
			netdev(`"kind":"host-device","hostDevice":"eth2"`),
			config.DeviceConfig{Type: "netdev", Netdev: &config.Netdev{Kind: "host-device", HostDevice: "eth2"}},
		},
		"roce": {
			[]config.Layer{claim(`{"type":"combo","combo":{"kind":"roce","rdma":{"kind":"uverbs"},"netdev":{"kind":"dummy","interfaceName":"rdma0"}}}`)},
			config.DeviceConfig{Type: "combo", Combo: &config.Combo{Kind: "roce", RDMA: &config.RDMA{Kind: "uverbs"}, Netdev: &config.Netdev{Kind: "dummy", InterfaceName: "rdma0"}}},
		},
		"roce's defaults": {
			[]config.Layer{claim(`{"type":"combo","combo":{"kind":"roce","netdev":{"kind":"macvlan"}}}`)},
			config.DeviceConfig{Type: "combo", Combo: &config.Combo{Kind: "roce", RDMA: &config.RDMA{Kind: "uverbs"}, Netdev: &config.Netdev{Kind: "macvlan", Mode: "bridge"}}},
		},
		"uverbs": {
			[]config.Layer{claim(`{"type":"rdma","rdma":{"kind":"uverbs","preferDevice":"mlx5_0"}}`)},
			config.DeviceConfig{Type: "rdma", RDMA: &config.RDMA{Kind: "uverbs", PreferDevice: "mlx5_0"}},
		},
		"ipoib's default mode": {
			[]config.Layer{claim(`{"type":"netdev","netdev":{"kind":"ipoib","parent":"ib0","pkey":32769}}`)},
			config.DeviceConfig{Type: "netdev", Netdev: &config.Netdev{Kind: "ipoib", Parent: "ib0", Mode: "datagram", PKey: mtu(0x8001)}},
		},
		"ipoib in mode connected": {
			[]config.Layer{claim(`{"type":"netdev","netdev":{"kind":"ipoib","parent":"ib0","pkey":1,"mode":"connected","mtu":65520}}`)},
			config.DeviceConfig{Type: "netdev", Netdev: &config.Netdev{Kind: "ipoib", Parent: "ib0", Mode: "connected", PKey: mtu(1), MTU: mtu(65520)}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := config.Decode(tc.layers)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(&tc.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		layers []config.Layer
		want   []string // parts of the error
	}{
		"nothing":        {nil, []string{"parameters: Required", `{"type": "netdev"`}},
		"string":         {[]config.Layer{claim(`"dummy"`)}, []string{"claim", "is not an object", `{"type": "netdev"`}},
		"list":           {[]config.Layer{class(`[1]`)}, []string{"device class", "[1]", "is not an object"}},
		"empty object":   {[]config.Layer{claim(`{}`)}, []string{"type: Required", "netdev, rdma or combo"}},
		"truncated":      {[]config.Layer{claim(`{"type":"netdev"`)}, []string{"claim"}},
		"unknown field":  {[]config.Layer{claim(`{"type":"netdev","netdev":{"kind":"dummy","color":"red"}}`)}, []string{`unknown field "netdev.color"`}},
		"wrong case":     {[]config.Layer{claim(`{"type":"netdev","netdev":{"Kind":"dummy"}}`)}, []string{`unknown field "netdev.Kind"`}},
		"twice":          {[]config.Layer{claim(`{"type":"netdev","netdev":{"kind":"dummy","kind":"veth"}}`)}, []string{`duplicate field "netdev.kind"`}},
		"unknown kind":   {netdev(`"kind":"vxlan"`), []string{`netdev.kind: Unsupported value: "vxlan"`, "macvlan"}},
		"no kind":        {netdev(`"mtu":1500`), []string{"netdev.kind: Required", "macvlan, ipvlan"}},
		"unknown type":   {[]config.Layer{claim(`{"type":"gpu"}`)}, []string{`type: Unsupported value: "gpu"`, "netdev"}},
		"other part":     {[]config.Layer{claim(`{"type":"netdev","netdev":{"kind":"dummy"},"rdma":{"kind":"uverbs"}}`)}, []string{"rdma: Forbidden"}},
		"no part":        {[]config.Layer{claim(`{"type":"rdma"}`)}, []string{"rdma: Required"}},
		"apiVersion":     {[]config.Layer{claim(`{"apiVersion":"v2","type":"netdev"}`)}, []string{`apiVersion: Unsupported value: "v2"`, "hawser.dev/v1alpha1"}},
		"no parent":      {netdev(`"kind":"macvlan"`), []string{"netdev.parent: Required", "eth0"}},
		"parent":         {netdev(`"kind":"dummy","parent":"eth0"`), []string{"netdev.parent: Forbidden", "a dummy has no parent"}},
		"parent's name":  {netdev(`"kind":"macvlan","parent":"../eth0"`), []string{`netdev.parent: Invalid value: "../eth0"`}},
		"mode":           {netdev(`"kind":"macvlan","parent":"eth0","mode":"brigde"`), []string{`netdev.mode: Unsupported value: "brigde"`, "bridge", "passthru"}},
		"mode of none":   {netdev(`"kind":"veth","mode":"bridge"`), []string{"netdev.mode: Forbidden"}},
		"flag":           {netdev(`"kind":"ipvlan","parent":"eth0","flag":"l2"`), []string{`netdev.flag: Unsupported value: "l2"`, "private"}},
		"long name":      {netdev(`"kind":"dummy","interfaceName":"a-very-long-name"`), []string{"netdev.interfaceName", "a-very-long-name", "at most 15 bytes"}},
		"lo":             {netdev(`"kind":"dummy","interfaceName":"lo"`), []string{`netdev.interfaceName: Invalid value: "lo"`, "net1"}},
		"eth0":           {netdev(`"kind":"dummy","interfaceName":"eth0"`), []string{`netdev.interfaceName: Invalid value: "eth0"`}},
		"name's space":   {netdev(`"kind":"dummy","interfaceName":"net 1"`), []string{"netdev.interfaceName", "must not contain"}},
		"name pattern":   {netdev(`"kind":"dummy","interfaceName":"net%d"`), []string{"netdev.interfaceName", "must not contain"}},
		"mtu too small":  {netdev(`"kind":"dummy","mtu":67`), []string{"netdev.mtu: Invalid value: 67", "68 to 65535 bytes"}},
		"mtu too big":    {netdev(`"kind":"dummy","mtu":65536`), []string{"netdev.mtu: Invalid value: 65536"}},
		"mtu text":       {netdev(`"kind":"dummy","mtu":"1500"`), []string{"netdev.mtu", "string", "whole number"}},
		"mtu negative":   {netdev(`"kind":"dummy","mtu":-1`), []string{"netdev.mtu", "whole number"}},
		"mac":            {netdev(`"kind":"dummy","macAddress":"02:00"`), []string{`netdev.macAddress: Invalid value: "02:00"`, "02:00:00:00:00:01"}},
		"mac multicast":  {netdev(`"kind":"dummy","macAddress":"01:00:5e:00:00:01"`), []string{"netdev.macAddress", "multicast"}},
		"mac zero":       {netdev(`"kind":"dummy","macAddress":"00:00:00:00:00:00"`), []string{"netdev.macAddress", "zero"}},
		"mac of ipvlan":  {netdev(`"kind":"ipvlan","parent":"eth0","macAddress":"02:00:00:00:00:01"`), []string{"netdev.macAddress: Forbidden"}},
		"address":        {netdev(`"kind":"dummy","addresses":["192.0.2.1"]`), []string{`netdev.addresses[0]: Invalid value: "192.0.2.1"`, "192.0.2.1/24"}},
		"multicast":      {netdev(`"kind":"dummy","addresses":["192.0.2.1/24","ff02::1/64"]`), []string{"netdev.addresses[1]", "unicast"}},
		"same address":   {netdev(`"kind":"dummy","addresses":["192.0.2.1/24","192.0.2.1/16"]`), []string{"netdev.addresses[1]: Duplicate"}},
		"ipoib's parent": {netdev(`"kind":"ipoib","pkey":1`), []string{"netdev.parent: Required", "such as ib0"}},
		"no pkey":        {netdev(`"kind":"ipoib","parent":"ib0"`), []string{"netdev.pkey: Required", "0x8001"}},
		"pkey 0":         {netdev(`"kind":"ipoib","parent":"ib0","pkey":32768`), []string{"netdev.pkey: Invalid value: 32768", "0x7fff"}},
		"pkey too big":   {netdev(`"kind":"ipoib","parent":"ib0","pkey":65536`), []string{"netdev.pkey: Invalid value: 65536"}},
		"pkey of a veth": {netdev(`"kind":"veth","pkey":1`), []string{"netdev.pkey: Forbidden", "no InfiniBand partition"}},
		"mtu, datagram":  {netdev(`"kind":"ipoib","parent":"ib0","pkey":1,"mtu":4093`), []string{"netdev.mtu: Invalid value: 4093", "68 to 4092"}},
		"mtu, connected": {netdev(`"kind":"ipoib","parent":"ib0","pkey":1,"mode":"connected","mtu":65521`), []string{"netdev.mtu: Invalid value: 65521"}},
		"mac of ipoib":   {netdev(`"kind":"ipoib","parent":"ib0","pkey":1,"macAddress":"02:00:00:00:00:01"`), []string{"netdev.macAddress: Forbidden", "queue pair"}},
		"preferDevice":   {[]config.Layer{claim(`{"type":"rdma","rdma":{"kind":"uverbs","preferDevice":"mlx5/0"}}`)}, []string{"rdma.preferDevice: Invalid value", "mlx5_0"}},
		"roce of ipoib":  {[]config.Layer{claim(`{"type":"combo","combo":{"kind":"roce","netdev":{"kind":"ipoib"}}}`)}, []string{`combo.netdev.kind: Invalid value: "ipoib"`, "RDMA over Ethernet"}},
		"roce alone":     {[]config.Layer{claim(`{"type":"combo","combo":{"kind":"roce"}}`)}, []string{"combo.netdev: Required"}},
		"vlan":           {netdev(`"kind":"sriov-vf","vlan":4095`), []string{"netdev.vlan: Invalid value: 4095", "0 to 4094"}},
		"vlanQos":        {netdev(`"kind":"sriov-vf","vlan":5,"vlanQos":8`), []string{"netdev.vlanQos: Invalid value: 8", "0 to 7"}},
		"qos of no vlan": {netdev(`"kind":"sriov-vf","vlanQos":3`), []string{"netdev.vlanQos: Invalid value: 3", "needs a vlan"}},
		"vlanProto":      {netdev(`"kind":"sriov-vf","vlan":5,"vlanProto":"8021q"`), []string{`netdev.vlanProto: Unsupported value: "8021q"`, "802.1ad"}},
		"no vlan":        {netdev(`"kind":"sriov-vf","vlan":0,"vlanProto":"802.1q"`), []string{`netdev.vlanProto: Invalid value: "802.1q"`, "needs a vlan"}},
		"spoofCheck":     {netdev(`"kind":"sriov-vf","spoofCheck":"on"`), []string{"netdev.spoofCheck", "string", "true or false"}},
		"trust":          {netdev(`"kind":"sriov-vf","trust":1`), []string{"netdev.trust", "number", "true or false"}},
		"maxTxRate":      {netdev(`"kind":"sriov-vf","maxTxRate":1000001`), []string{"netdev.maxTxRate: Invalid value: 1000001", "0 to 1000000"}},
		"big minTxRate":  {netdev(`"kind":"sriov-vf","minTxRate":1000001`), []string{"netdev.minTxRate: Invalid value: 1000001", "0 to 1000000"}},
		"minTxRate":      {netdev(`"kind":"sriov-vf","minTxRate":20,"maxTxRate":10`), []string{"netdev.minTxRate: Invalid value: 20", "at most maxTxRate, 10"}},
		"linkState":      {netdev(`"kind":"sriov-vf","linkState":"on"`), []string{`netdev.linkState: Unsupported value: "on"`, "enable"}},
		"VF of a card":   {netdev(`"kind":"host-device","vlan":5,"trust":false`), []string{"netdev.vlan: Forbidden: only an sriov-vf has it, not a host-device", "netdev.trust: Forbidden"}},
		"VF of a dummy":  {netdev(`"kind":"dummy","linkState":"auto"`), []string{"netdev.linkState: Forbidden"}},
		"hostDevice":     {netdev(`"kind":"host-device","hostDevice":"../eth2"`), []string{`netdev.hostDevice: Invalid value: "../eth2"`}},
		"card of a VF":   {netdev(`"kind":"sriov-vf","hostDevice":"eth2"`), []string{"netdev.hostDevice: Forbidden: a sriov-vf is no device of the host"}},
		"parent of a VF": {netdev(`"kind":"sriov-vf","parent":"eth1"`), []string{"netdev.parent: Forbidden"}},
		"address object": {netdev(`"kind":"dummy","addresses":["192.0.2.1/24",{"address":"192.0.2.2/24","color":"red"}]`), []string{`unknown field "netdev.addresses[1].color"`}},
		"address's case": {netdev(`"kind":"dummy","addresses":[{"Address":"192.0.2.2/24"}]`), []string{`unknown field "netdev.addresses[0].Address"`}},
		"address twice":  {netdev(`"kind":"dummy","addresses":[{"address":"192.0.2.2/24","address":"192.0.2.3/24"}]`), []string{`duplicate field "netdev.addresses[0].address"`}},
		"address type":   {netdev(`"kind":"dummy","addresses":[{"address":"192.0.2.2/24","noDAD":"yes"}]`), []string{"netdev.addresses[0].noDAD: is a JSON string, must be true or false"}},
		"address number": {netdev(`"kind":"dummy","addresses":[7]`), []string{"netdev.addresses[0]: must be an address such as 192.0.2.1/24"}},
		"address null":   {netdev(`"kind":"dummy","addresses":[null]`), []string{"netdev.addresses[0]: must be an address such as 192.0.2.1/24"}},
		"no list":        {netdev(`"kind":"dummy","addresses":"192.0.2.2/24"`), []string{"netdev.addresses: is a JSON string, must be a list"}},
		"roce's address": {[]config.Layer{claim(`{"type":"combo","combo":{"kind":"roce","netdev":{"kind":"dummy","addresses":[{"address":"192.0.2.2/24","x":1}]}}}`)}, []string{`unknown field "combo.netdev.addresses[0].x"`}},
		"route":          {netdev(`"kind":"dummy","routes":[{"destination":"10.0.0.0/8"},{"destination":"10.0.0.1/8"}]`), []string{`netdev.routes[1].destination: Invalid value: "10.0.0.1/8"`, "10.0.0.0/8"}},
		"route's field":  {netdev(`"kind":"dummy","routes":[{"dst":"10.0.0.0/8"}]`), []string{`unknown field "netdev.routes[0].dst"`}},
		"metric":         {netdev(`"kind":"dummy","routes":[{"destination":"10.0.0.0/8","metric":-1}]`), []string{"netdev.routes.metric", "whole number"}},
		"default route":  {netdev(`"kind":"dummy","routes":[{"destination":"0.0.0.0/0"}]`), []string{"netdev.routes[0].destination: Forbidden", "defaultRoute: true"}},
		"rule":           {netdev(`"kind":"dummy","rules":[{"priority":1,"mark":1,"table":254}]`), []string{"netdev.rules[0].table: Invalid value: 254", "253 to 255"}},
		"rule of none":   {netdev(`"kind":"dummy","rules":[{"mark":1,"table":7}]`), []string{"netdev.rules[0].priority: Required value"}},
		"neighbor":       {netdev(`"kind":"dummy","neighbors":[{"address":"192.0.2.1","macAddress":"02"}]`), []string{`netdev.neighbors[0].macAddress: Invalid value: "02"`}},
		"ib neighbor":    {netdev(`"kind":"ipoib","parent":"ib0","pkey":1,"neighbors":[{"address":"192.0.2.1","macAddress":"02:00:00:00:00:01"}]`), []string{"netdev.neighbors[0].macAddress: Invalid value", "20 for an ipoib"}},
		"vrf":            {netdev(`"kind":"dummy","vrf":{"name":"blue"}`), []string{"netdev.vrf.table: Required value"}},
		"vrf's name":     {netdev(`"kind":"dummy","interfaceName":"blue","vrf":{"name":"blue","table":7}`), []string{`netdev.vrf.name: Invalid value: "blue": must be another than interfaceName`}},
		"sysctl":         {netdev(`"kind":"dummy","sysctls":{"ipv4.ip_forward":1}`), []string{`netdev.sysctls: Invalid value: "ipv4.ip_forward": must be one of`, "ipv4.forwarding"}},
		"sysctl's bound": {netdev(`"kind":"dummy","sysctls":{"ipv4.rp_filter":3}`), []string{"netdev.sysctls[ipv4.rp_filter]: Invalid value: 3: must be 0 to 2"}},
		"sysctl text":    {netdev(`"kind":"dummy","sysctls":{"ipv4.rp_filter":"1"}`), []string{"netdev.sysctls", "must be a whole number"}},
		"rdma's address": {[]config.Layer{claim(`{"type":"rdma","rdma":{"kind":"uverbs","addresses":["192.0.2.1/24"],"vrf":{}}}`)}, []string{`unknown field "rdma.addresses"`, `unknown field "rdma.vrf"`}},
		"combo's rdma":   {[]config.Layer{claim(`{"type":"combo","combo":{"kind":"roce","routes":[],"rdma":{"kind":"uverbs","sysctls":{}},"netdev":{"kind":"dummy"}}}`)}, []string{`unknown field "combo.routes"`, `unknown field "combo.rdma.sysctls"`}},
		"rule fixed by the class": {[]config.Layer{
			class(`{"type":"netdev","netdev":{"kind":"dummy","rules":[{"priority":1,"mark":1,"table":7}]}}`),
			claim(`{"netdev":{"rules":[]}}`),
		}, []string{"netdev.rules: Forbidden"}},
		"VLAN fixed by the class": {[]config.Layer{
			class(`{"type":"netdev","netdev":{"kind":"sriov-vf","vlan":5,"trust":false}}`),
			claim(`{"netdev":{"vlan":6}}`),
		}, []string{"netdev.vlan: Forbidden", "sets it to 5"}},
		"trust fixed by the class": {[]config.Layer{
			class(`{"type":"netdev","netdev":{"kind":"sriov-vf","vlan":5,"trust":false}}`),
			claim(`{"netdev":{"trust":true}}`),
		}, []string{"netdev.trust: Forbidden", "sets it to false"}},
		"fixed by the class": {[]config.Layer{
			class(`{"type":"netdev","netdev":{"kind":"macvlan","parent":"eth0"}}`),
			claim(`{"netdev":{"parent":"eth1"}}`),
		}, []string{"netdev.parent: Forbidden", "sets it to eth0"}},
		"claim says overridable": {[]config.Layer{claim(`{"type":"netdev","overridable":["netdev"],"netdev":{"kind":"dummy"}}`)}, []string{"overridable: Forbidden", "DeviceClass"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := config.Decode(tc.layers)
			if err == nil {
				t.Fatalf("no error, got %+v", got)
			}
			for _, part := range tc.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q lacks %q", err, part)
				}
			}
		})
	}
}

func netdev(fields string) []config.Layer {
	return []config.Layer{claim(`{"type":"netdev","netdev":{` + fields + `}}`)}
}

// TestSettingsOfAFunction are refused for every other kind, each by name.
func TestSettingsOfAFunction(t *testing.T) {
	for name, value := range map[string]string{
		"vlan": "0", "vlanQos": "0", "vlanProto": `"802.1q"`, "spoofCheck": "false", "trust": "false",
		"minTxRate": "0", "maxTxRate": "0", "linkState": `"auto"`,
	} {
		for _, kind := range []string{"macvlan", "ipvlan", "veth", "dummy", "ipoib", "host-device"} {
			_, err := config.Decode(netdev(fmt.Sprintf(`"kind":%q,%q:%s`, kind, name, value)))
			want := fmt.Sprintf("netdev.%s: Forbidden: only an sriov-vf has it, not a %s", name, kind)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		}
	}
}

func TestTooManyAddresses(t *testing.T) {
	list := strings.Repeat(`"192.0.2.1/24",`, layer3.MaxAddresses+1)
	_, err := config.Decode(netdev(`"kind":"dummy","addresses":[` + strings.TrimSuffix(list, ",") + `]`))
	if err == nil || !strings.Contains(err.Error(), "netdev.addresses: Too many") {
		t.Errorf("got %v", err)
	}
}
