package policy_test

import (
	"testing"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/policy"
)

func vf(change func(*netagentv1.SriovVf)) *request {
	v := &netagentv1.SriovVf{PciAddress: "0000:3b:02.1", Parent: "eth1", VfIndex: 5}
	if change != nil {
		change(v)
	}
	return &request{Kind: &netagentv1.DeviceRequest_SriovVf{SriovVf: v}}
}

func card(change func(*netagentv1.HostDevice)) *request {
	h := &netagentv1.HostDevice{Name: "eth2"}
	if change != nil {
		change(h)
	}
	return &request{Kind: &netagentv1.DeviceRequest_HostDevice{HostDevice: h}}
}

// a virtual function and a card that may be lent.
var (
	function = policy.Device{Link: "eth9", PCI: "0000:3b:02.1", Physical: "eth1", Index: 5, Known: true, Ethernet: true, MinMTU: 68, MaxMTU: 9216}
	whole    = policy.Device{Link: "eth2", PCI: "0000:3c:00.0", Known: true, Ethernet: true, MinMTU: 68}
)

func but(d policy.Device, change func(*policy.Device)) *policy.Device {
	change(&d)
	return &d
}

func TestCheckDevice(t *testing.T) {
	number := func(n uint32) *uint32 { return &n }
	for what, c := range map[string]struct {
		request *request
		device  *policy.Device
		reason  policy.Reason // 0: allowed
		text    string
	}{
		"function":                {vf(nil), &function, 0, ""},
		"function with settings":  {vf(func(v *netagentv1.SriovVf) { v.Mtu, v.Vlan, v.VlanQos = number(9216), number(5), number(3) }), &function, 0, ""},
		"function of a used card": {vf(nil), but(function, func(d *policy.Device) { d.VFs = 0 }), 0, ""},
		"no function":             {vf(nil), nil, policy.NotReady, "vfio-pci"},
		"function, other index":   {vf(func(v *netagentv1.SriovVf) { v.VfIndex = 4 }), &function, policy.NotReady, "function 5 of eth1, not 4 of eth1"},
		"function, other parent":  {vf(func(v *netagentv1.SriovVf) { v.Parent = "eth7" }), &function, policy.NotReady, "function 5 of eth1, not 5 of eth7"},
		"function, held":          {vf(nil), but(function, func(d *policy.Device) { d.HeldBy = "c1" }), policy.NotReady, "claim c1 has it"},
		"function, in a pod":      {vf(nil), &policy.Device{HeldBy: "c1"}, policy.NotReady, "claim c1 has it"},
		"function, not allowed":   {vf(func(v *netagentv1.SriovVf) { v.Parent = "wlan0" }), but(function, func(d *policy.Device) { d.Physical = "wlan0" }), policy.Forbidden, "--allow-devices"},
		"function, used":          {vf(nil), but(function, func(d *policy.Device) { d.InUse = true }), policy.Forbidden, "the node uses it"},
		"function, port":          {vf(nil), but(function, func(d *policy.Device) { d.Enslaved = true }), policy.Forbidden, "port of a bridge"},
		"function, stood on":      {vf(nil), but(function, func(d *policy.Device) { d.Stacked = true }), policy.Forbidden, "stand on it"},
		"function, MTU":           {vf(func(v *netagentv1.SriovVf) { v.Mtu = number(9217) }), &function, policy.Forbidden, `sriov_vf.mtu "9217": must be at most 9216`},
		"function, MAC zero":      {vf(func(v *netagentv1.SriovVf) { v.MacAddress = make([]byte, 6) }), &function, policy.Malformed, "sriov_vf.mac_address"},
		"qos of no VLAN":          {vf(func(v *netagentv1.SriovVf) { v.VlanQos = number(1) }), &function, policy.Malformed, "sriov_vf.vlan_qos"},
		"protocol of no VLAN":     {vf(func(v *netagentv1.SriovVf) { v.VlanProtocol = netagentv1.VlanProtocol_VLAN_PROTOCOL_8021Q.Enum() }), &function, policy.Malformed, "sriov_vf.vlan_protocol"},
		"rates crossed":           {vf(func(v *netagentv1.SriovVf) { v.MinTxRate, v.MaxTxRate = number(2), number(1) }), &function, policy.Malformed, "sriov_vf.min_tx_rate"},
		"a card as function":      {vf(nil), &whole, policy.Forbidden, "not a virtual function"},

		"card":              {card(nil), &whole, 0, ""},
		"card with address": {card(func(h *netagentv1.HostDevice) { h.PciAddress = "0000:3c:00.0" }), &whole, 0, ""},
		"card at another":   {card(func(h *netagentv1.HostDevice) { h.PciAddress = "0000:3c:00.1" }), &whole, policy.NotReady, "link eth2 is at address 0000:3c:00.0"},
		"no card":           {card(nil), nil, policy.NotReady, "no link of this name"},
		"no card of ours":   {card(func(h *netagentv1.HostDevice) { h.Name = "wlan0" }), nil, policy.Forbidden, "--allow-devices"},
		"card not allowed":  {card(func(h *netagentv1.HostDevice) { h.Name = "wlan0" }), but(whole, func(d *policy.Device) { d.Link = "wlan0" }), policy.Forbidden, "--allow-devices"},
		"card dot":          {card(func(h *netagentv1.HostDevice) { h.Name = ".." }), nil, policy.Malformed, "host_device.name"},
		"card, held":        {card(nil), but(whole, func(d *policy.Device) { d.HeldBy = "c1" }), policy.NotReady, "claim c1 has it"},
		"card, used":        {card(nil), but(whole, func(d *policy.Device) { d.InUse = true }), policy.Forbidden, "the node uses it"},
		"card, port":        {card(nil), but(whole, func(d *policy.Device) { d.Enslaved = true }), policy.Forbidden, "port of a bridge"},
		"card, stood on":    {card(nil), but(whole, func(d *policy.Device) { d.Stacked = true }), policy.Forbidden, "stand on it"},
		"card, functions":   {card(nil), but(whole, func(d *policy.Device) { d.VFs = 4 }), policy.Forbidden, "4 virtual functions"},
		"card, no hardware": {card(nil), but(whole, func(d *policy.Device) { d.Known = false }), policy.Forbidden, "not the one link of a piece of hardware"},
		"card, InfiniBand":  {card(nil), but(whole, func(d *policy.Device) { d.Ethernet = false }), policy.Forbidden, "not an Ethernet link"},
		"function as card":  {card(nil), but(function, func(d *policy.Device) { d.Link = "eth2" }), policy.Forbidden, "claim it as a sriov-vf"},
		"card, MTU":         {card(func(h *netagentv1.HostDevice) { h.Mtu = number(67) }), &whole, policy.Forbidden, `host_device.mtu "67": must be at least 68`},
		"card, MAC":         {card(func(h *netagentv1.HostDevice) { h.MacAddress = []byte{1, 0, 0, 0, 0, 1} }), &whole, policy.Malformed, "host_device.mac_address"},
	} {
		t.Run(what, func(t *testing.T) {
			rules := policy.Rules{Caller: driver, Devices: []string{"eth*"}, MaxAttachments: 512}
			check(t, rules.Check(driver, c.request, policy.Facts{Device: c.device}), c.reason, c.text)
			if (policy.Rules{Caller: driver, Parents: []string{"*"}, MaxAttachments: 512}).Check(driver, c.request, policy.Facts{Device: c.device}) == nil {
				t.Error("allowed by a node that lends nothing")
			}
		})
	}
}

// TestOffers offers what a request could have, held or not.
func TestOffers(t *testing.T) {
	rules := policy.Rules{Devices: []string{"eth*"}}
	for what, c := range map[string]struct {
		device policy.Device
		want   bool
	}{
		"function": {function, true},
		"card":     {whole, true},
		"held":     {*but(whole, func(d *policy.Device) { d.HeldBy = "c1" }), true},
		"used":     {*but(whole, func(d *policy.Device) { d.InUse = true }), false},
	} {
		if got := rules.Offers(c.device); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}
