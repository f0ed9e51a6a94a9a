package policy_test

import (
	"errors"
	"strings"
	"testing"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/peer"
	"github.com/hawser-dra/hawser/netagent/policy"
)

var driver = peer.Identity{UID: 0, GID: 65410}

type request = netagentv1.DeviceRequest

func macvlan(m *netagentv1.Macvlan) *request {
	if m.Parent == "" {
		m.Parent = "eth0"
	}
	if m.Mode == 0 {
		m.Mode = netagentv1.MacvlanMode_MACVLAN_MODE_BRIDGE
	}
	return &request{Kind: &netagentv1.DeviceRequest_Macvlan{Macvlan: m}}
}

func ipvlan(i *netagentv1.Ipvlan) *request {
	i.Parent = "eth0"
	return &request{Kind: &netagentv1.DeviceRequest_Ipvlan{Ipvlan: i}}
}

func veth(v *netagentv1.Veth) *request {
	return &request{Kind: &netagentv1.DeviceRequest_Veth{Veth: v}}
}

func dummy(d *netagentv1.Dummy) *request {
	return &request{Kind: &netagentv1.DeviceRequest_Dummy{Dummy: d}}
}

func ipoib(i *netagentv1.Ipoib) *request {
	if i.Parent == "" {
		i.Parent = "ib0"
	}
	return &request{Kind: &netagentv1.DeviceRequest_Ipoib{Ipoib: i}}
}

func uverbs(ibdev string) *request {
	return &request{Kind: &netagentv1.DeviceRequest_Uverbs{Uverbs: &netagentv1.Uverbs{Ibdev: ibdev}}}
}

func TestCheck(t *testing.T) {
	uplink := policy.Link{MTU: 1500, InUse: true}
	hca := policy.Link{Kind: "ipoib", MTU: 2044}
	bridge := policy.Link{Kind: "bridge", MTU: 1500}
	passthru := netagentv1.MacvlanMode_MACVLAN_MODE_PASSTHRU
	l2, l3 := netagentv1.IpvlanMode_IPVLAN_MODE_L2, netagentv1.IpvlanMode_IPVLAN_MODE_L3
	shared, private := netagentv1.IpvlanFlag_IPVLAN_FLAG_BRIDGE, netagentv1.IpvlanFlag_IPVLAN_FLAG_PRIVATE
	of := func(l policy.Link) policy.Facts { return policy.Facts{Parent: &l} }

	for what, c := range map[string]struct {
		request *request
		facts   policy.Facts
		reason  policy.Reason // 0: allowed
		text    string
	}{
		"macvlan on the uplink":        {macvlan(&netagentv1.Macvlan{}), of(uplink), 0, ""},
		"macvlan with settings":        {macvlan(&netagentv1.Macvlan{Mtu: 1500, MacAddress: []byte{2, 0, 0, 0, 0, 1}}), of(uplink), 0, ""},
		"macvlan, parent not allowed":  {macvlan(&netagentv1.Macvlan{Parent: "wlan0"}), of(uplink), policy.Forbidden, `macvlan.parent "wlan0"`},
		"macvlan, parent dot":          {macvlan(&netagentv1.Macvlan{Parent: "."}), of(uplink), policy.Malformed, `macvlan.parent "."`},
		"macvlan, no such parent":      {macvlan(&netagentv1.Macvlan{}), policy.Facts{}, policy.NotReady, "no link"},
		"macvlan on lo":                {macvlan(&netagentv1.Macvlan{}), of(policy.Link{Loopback: true}), policy.Forbidden, "loopback"},
		"macvlan on a port":            {macvlan(&netagentv1.Macvlan{}), of(policy.Link{Enslaved: true}), policy.Forbidden, "port"},
		"macvlan on a claim's link":    {macvlan(&netagentv1.Macvlan{}), of(policy.Link{Hawser: true}), policy.Forbidden, "belongs to a claim"},
		"macvlan, MTU too small":       {macvlan(&netagentv1.Macvlan{Mtu: 67}), of(uplink), policy.Malformed, `macvlan.mtu "67"`},
		"macvlan, MTU too large":       {macvlan(&netagentv1.Macvlan{Mtu: 1501}), of(uplink), policy.Forbidden, "at most 1500"},
		"macvlan, MAC zero":            {macvlan(&netagentv1.Macvlan{MacAddress: make([]byte, 6)}), of(uplink), policy.Malformed, "zero"},
		"macvlan, MAC multicast":       {macvlan(&netagentv1.Macvlan{MacAddress: []byte{1, 0, 0, 0, 0, 1}}), of(uplink), policy.Malformed, "multicast"},
		"passthru on a free link":      {macvlan(&netagentv1.Macvlan{Mode: passthru}), of(policy.Link{MTU: 1500}), 0, ""},
		"passthru on the uplink":       {macvlan(&netagentv1.Macvlan{Mode: passthru}), of(uplink), policy.Forbidden, `macvlan.mode "PASSTHRU"`},
		"passthru with a MAC":          {macvlan(&netagentv1.Macvlan{Mode: passthru, MacAddress: []byte{2, 0, 0, 0, 0, 1}}), of(policy.Link{MTU: 1500}), policy.Malformed, "macvlan.mac_address"},
		"ipvlan on the uplink":         {ipvlan(&netagentv1.Ipvlan{Mode: l2, Flag: shared}), of(uplink), 0, ""},
		"ipvlan on a port":             {ipvlan(&netagentv1.Ipvlan{Mode: l2, Flag: shared}), of(policy.Link{Enslaved: true}), policy.Forbidden, `ipvlan.parent "eth0"`},
		"ipvlan, MTU too large":        {ipvlan(&netagentv1.Ipvlan{Mode: l2, Flag: shared, Mtu: 9000}), of(uplink), policy.Forbidden, "ipvlan.mtu"},
		"ipvlan, mode of others":       {ipvlan(&netagentv1.Ipvlan{Mode: l3, Flag: shared}), policy.Facts{Parent: &uplink, Ipvlans: []policy.Ipvlan{{Mode: l2, Flag: shared}}}, policy.Forbidden, `ipvlan.mode "L3": all ipvlan links on eth0 have L2`},
		"ipvlan, flag of others":       {ipvlan(&netagentv1.Ipvlan{Mode: l2, Flag: private}), policy.Facts{Parent: &uplink, Ipvlans: []policy.Ipvlan{{Mode: l2, Flag: shared}}}, policy.Forbidden, "ipvlan.flag"},
		"ipvlan as the others":         {ipvlan(&netagentv1.Ipvlan{Mode: l2, Flag: shared}), policy.Facts{Parent: &uplink, Ipvlans: []policy.Ipvlan{{Mode: l2, Flag: shared}}}, 0, ""},
		"veth without a bridge":        {veth(&netagentv1.Veth{Mtu: 9000}), policy.Facts{}, 0, ""},
		"veth, MAC multicast":          {veth(&netagentv1.Veth{MacAddress: []byte{0xff, 0, 0, 0, 0, 1}}), policy.Facts{}, policy.Malformed, "veth.mac_address"},
		"veth on a bridge":             {veth(&netagentv1.Veth{Bridge: "br0"}), of(bridge), 0, ""},
		"veth, bridge not allowed":     {veth(&netagentv1.Veth{Bridge: "cni0"}), of(bridge), policy.Forbidden, `veth.bridge "cni0"`},
		"veth on what is no bridge":    {veth(&netagentv1.Veth{Bridge: "br0"}), of(uplink), policy.Forbidden, "not a bridge"},
		"veth, MTU below the bridge's": {veth(&netagentv1.Veth{Bridge: "br0", Mtu: 1400}), of(bridge), policy.Forbidden, "must be 1500"},
		"veth, MTU above the bridge's": {veth(&netagentv1.Veth{Bridge: "br0", Mtu: 9000}), of(bridge), policy.Forbidden, "must be 1500"},
		"dummy":                        {dummy(&netagentv1.Dummy{Mtu: 65535}), policy.Facts{}, 0, ""},
		"dummy, MTU too small":         {dummy(&netagentv1.Dummy{Mtu: 1}), policy.Facts{}, policy.Malformed, "dummy.mtu"},
		"dummy, MAC zero":              {dummy(&netagentv1.Dummy{MacAddress: make([]byte, 6)}), policy.Facts{}, policy.Malformed, "dummy.mac_address"},
		"ipoib":                        {ipoib(&netagentv1.Ipoib{Mode: 1, Mtu: 4092}), of(hca), 0, ""},
		"ipoib, connected":             {ipoib(&netagentv1.Ipoib{Mode: 2, Mtu: 65520}), of(hca), 0, ""},
		"ipoib, MTU of connected":      {ipoib(&netagentv1.Ipoib{Mode: 1, Mtu: 4093}), of(hca), policy.Malformed, "at most 4092 in mode DATAGRAM"},
		"ipoib, MTU too small":         {ipoib(&netagentv1.Ipoib{Mode: 1, Mtu: 60}), of(hca), policy.Malformed, "ipoib.mtu"},
		"ipoib on Ethernet":            {ipoib(&netagentv1.Ipoib{Mode: 1}), of(uplink), policy.Forbidden, "not an InfiniBand interface"},
		"ipoib on a child":             {ipoib(&netagentv1.Ipoib{Mode: 1}), of(policy.Link{Kind: "ipoib", Child: true}), policy.Forbidden, "child of another"},
		"ipoib, parent not allowed":    {ipoib(&netagentv1.Ipoib{Parent: "mgmt0", Mode: 1}), of(hca), policy.Forbidden, `ipoib.parent "mgmt0"`},
		"uverbs":                       {uverbs("mlx5_0"), policy.Facts{RDMA: &policy.RDMA{}}, 0, ""},
		"uverbs, not allowed":          {uverbs("rxe0"), policy.Facts{RDMA: &policy.RDMA{}}, policy.Forbidden, "--allow-rdma"},
		"uverbs, no such device":       {uverbs("mlx5_0"), policy.Facts{}, policy.NotReady, "no RDMA device"},
		"uverbs that others share":     {uverbs("mlx5_0"), policy.Facts{RDMA: &policy.RDMA{HeldBy: "c0"}}, 0, ""},
		"uverbs in exclusive mode":     {uverbs("mlx5_0"), policy.Facts{RDMA: &policy.RDMA{Exclusive: true}}, 0, ""},
		"uverbs that another has":      {uverbs("mlx5_0"), policy.Facts{RDMA: &policy.RDMA{Exclusive: true, HeldBy: "c0"}}, policy.NotReady, "claim c0 has it"},
		"node full":                    {dummy(&netagentv1.Dummy{}), policy.Facts{OnNode: 512}, policy.Exhausted, "--max-attachments"},
		"claim full":                   {dummy(&netagentv1.Dummy{}), policy.Facts{OfTheClaim: 8}, policy.Exhausted, "the claim"},
		"no kind":                      {&request{}, policy.Facts{}, policy.Forbidden, "no rule"},
	} {
		t.Run(what, func(t *testing.T) {
			rules := policy.Rules{Caller: driver, Parents: []string{"eth*", "br?", "ib*"}, RDMA: []string{"mlx5_*"}, MaxAttachments: 512}
			check(t, rules.Check(driver, c.request, c.facts), c.reason, c.text)
		})
	}
}

func TestDenyByDefault(t *testing.T) {
	facts := policy.Facts{Parent: &policy.Link{MTU: 1500}}
	rules := policy.Rules{Caller: driver, MaxAttachments: 512}
	check(t, rules.Check(driver, macvlan(&netagentv1.Macvlan{}), facts), policy.Forbidden, "--allow-parents")

	check(t, rules.Check(driver, uverbs("mlx5_0"), policy.Facts{RDMA: &policy.RDMA{}}), policy.Forbidden, "--allow-rdma")

	other := peer.Identity{UID: 0, GID: 0}
	check(t, rules.Check(other, dummy(&netagentv1.Dummy{}), policy.Facts{}), policy.Forbidden, "0:65410")
}

func check(t *testing.T, err error, reason policy.Reason, text string) {
	t.Helper()
	if reason == 0 {
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		return
	}
	r, ok := errors.AsType[*policy.Refusal](err)
	if !ok || r.Reason != reason || !strings.Contains(r.Error(), text) {
		t.Fatalf("got %v, want reason %d with %q", err, reason, text)
	}
}
