package netagent_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

const (
	invalid   = codes.InvalidArgument
	forbidden = codes.PermissionDenied
)

// Addresses of one station, and of none.
var (
	zeroMAC      = make([]byte, 6)
	multicastMAC = []byte{1, 0, 0x5e, 0, 0, 1}
	broadcastMAC = []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
)

// TestBounds sends numbers and addresses at each bound and past it.
func TestBounds(t *testing.T) {
	noDAD(t)
	uplink(t)
	bridge(t, "br0")
	a := start(t, allowAll)
	settled(t)
	for kind, cases := range map[string]map[string]refusal{
		"macvlan": macvlanBounds(), "ipvlan": ipvlanBounds(), "veth": vethBounds(), "dummy": dummyBounds(), "ipoib": ipoibBounds(),
		"sriov-vf": vfBounds(), "host-device": cardBounds(),
	} {
		t.Run(kind, func(t *testing.T) { a.refuse(t, cases) })
	}
}

func macvlanBounds() map[string]refusal {
	with := func(set func(*netagentv1.Macvlan)) *netagentv1.DeviceRequest {
		r := macvlanRequest("a", "up0")
		set(r.GetMacvlan())
		return r
	}
	mtu := func(n uint32) *netagentv1.DeviceRequest {
		return with(func(m *netagentv1.Macvlan) { m.Mtu = n })
	}
	address := func(b []byte) *netagentv1.DeviceRequest {
		return with(func(m *netagentv1.Macvlan) { m.MacAddress = b })
	}
	return map[string]refusal{
		"least MTU":      bound(mtu(68)),
		"less":           {mtu(67), invalid, `macvlan.mtu "67": must be at least 68`},
		"parent's MTU":   bound(mtu(1500)),
		"more":           {mtu(1501), forbidden, `macvlan.mtu "1501": must be at most 1500`},
		"17 bits of MTU": {mtu(65536), invalid, "macvlan.mtu"},
		"one station":    bound(address(mac)),
		"zero":           {address(zeroMAC), invalid, "must not be zero"},
		"multicast":      {address(multicastMAC), invalid, "must not be multicast"},
		"broadcast":      {address(broadcastMAC), invalid, "must not be multicast"},
		"5 bytes":        {address(mac[:5]), invalid, "macvlan.mac_address"},
		"7 bytes":        {address(append(mac[:6:6], 1)), invalid, "macvlan.mac_address"},
		"no mode":        {with(func(m *netagentv1.Macvlan) { m.Mode = 0 }), invalid, "macvlan.mode"},
		"mode 5":         {with(func(m *netagentv1.Macvlan) { m.Mode = 5 }), invalid, "macvlan.mode"},
		"mode -1":        {with(func(m *netagentv1.Macvlan) { m.Mode = -1 }), invalid, "macvlan.mode"},
		"passthru with a MAC": {with(func(m *netagentv1.Macvlan) {
			m.Mode, m.MacAddress = netagentv1.MacvlanMode_MACVLAN_MODE_PASSTHRU, mac
		}), invalid, "must be left out in mode PASSTHRU"},
	}
}

func ipvlanBounds() map[string]refusal {
	with := func(set func(*netagentv1.Ipvlan)) *netagentv1.DeviceRequest {
		r := ipvlanRequest("up0")
		set(r.GetIpvlan())
		return r
	}
	return map[string]refusal{
		"MTU too small": {with(func(i *netagentv1.Ipvlan) { i.Mtu = 67 }), invalid, "ipvlan.mtu"},
		"MTU too large": {with(func(i *netagentv1.Ipvlan) { i.Mtu = 1501 }), forbidden, "ipvlan.mtu"},
		"no mode":       {with(func(i *netagentv1.Ipvlan) { i.Mode = 0 }), invalid, "ipvlan.mode"},
		"mode 4":        {with(func(i *netagentv1.Ipvlan) { i.Mode = 4 }), invalid, "ipvlan.mode"},
		"no flag":       {with(func(i *netagentv1.Ipvlan) { i.Flag = 0 }), invalid, "ipvlan.flag"},
		"flag 4":        {with(func(i *netagentv1.Ipvlan) { i.Flag = 4 }), invalid, "ipvlan.flag"},
	}
}

func vethBounds() map[string]refusal {
	of := func(v *netagentv1.Veth) *netagentv1.DeviceRequest {
		return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_Veth{Veth: v}}
	}
	return map[string]refusal{
		"least MTU":       bound(of(&netagentv1.Veth{Mtu: 68})),
		"less":            {of(&netagentv1.Veth{Mtu: 67}), invalid, "veth.mtu"},
		"most MTU":        bound(of(&netagentv1.Veth{Mtu: 65535})),
		"more":            {of(&netagentv1.Veth{Mtu: 65536}), invalid, "veth.mtu"},
		"bridge's MTU":    bound(of(&netagentv1.Veth{Bridge: "br0", Mtu: 1500})),
		"below bridge's":  {of(&netagentv1.Veth{Bridge: "br0", Mtu: 1499}), forbidden, "must be 1500"},
		"above bridge's":  {of(&netagentv1.Veth{Bridge: "br0", Mtu: 1501}), forbidden, "must be 1500"},
		"zero MAC":        {of(&netagentv1.Veth{MacAddress: zeroMAC}), invalid, "must not be zero"},
		"multicast MAC":   {of(&netagentv1.Veth{MacAddress: multicastMAC}), invalid, "must not be multicast"},
		"20 bytes of MAC": {of(&netagentv1.Veth{MacAddress: make([]byte, 20)}), invalid, "veth.mac_address"},
	}
}

func dummyBounds() map[string]refusal {
	of := func(d *netagentv1.Dummy) *netagentv1.DeviceRequest {
		return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_Dummy{Dummy: d}}
	}
	return map[string]refusal{
		"MTU too small": {of(&netagentv1.Dummy{Mtu: 67}), invalid, "dummy.mtu"},
		"MTU too large": {of(&netagentv1.Dummy{Mtu: 65536}), invalid, "dummy.mtu"},
		"zero MAC":      {of(&netagentv1.Dummy{MacAddress: zeroMAC}), invalid, "must not be zero"},
		"broadcast MAC": {of(&netagentv1.Dummy{MacAddress: broadcastMAC}), invalid, "must not be multicast"},
	}
}

func ipoibBounds() map[string]refusal {
	with := func(pkey uint32, mode netagentv1.IpoibMode, mtu uint32) *netagentv1.DeviceRequest {
		r := ipoibRequest("up0", mode, mtu)
		r.GetIpoib().Pkey = pkey
		return r
	}
	return map[string]refusal{
		"no pkey":              {with(0, datagram, 0), invalid, "ipoib.pkey"},
		"limited membership":   {with(0x7fff, datagram, 0), invalid, "ipoib.pkey"},
		"the invalid pkey":     {with(0x8000, datagram, 0), invalid, "ipoib.pkey"},
		"17 bits of pkey":      {with(0x1ffff, datagram, 0), invalid, "ipoib.pkey"},
		"least pkey":           {with(0x8001, datagram, 0), forbidden, "not an InfiniBand interface"},
		"greatest pkey":        {with(0xffff, datagram, 0), forbidden, "not an InfiniBand interface"},
		"no mode":              {with(0xffff, 0, 0), invalid, "ipoib.mode"},
		"mode 3":               {with(0xffff, 3, 0), invalid, "ipoib.mode"},
		"MTU past connected's": {with(0xffff, connected, 65521), invalid, "ipoib.mtu"},
	}
}

func vfBounds() map[string]refusal {
	with := vfRequest
	return map[string]refusal{
		"index 1023":     {with(func(v *netagentv1.SriovVf) { v.VfIndex = 1023 }), codes.FailedPrecondition, "no link of this function"},
		"index 1024":     {with(func(v *netagentv1.SriovVf) { v.VfIndex = 1024 }), invalid, "sriov_vf.vf_index"},
		"MTU 67":         {with(func(v *netagentv1.SriovVf) { v.Mtu = ptr(uint32(67)) }), invalid, "sriov_vf.mtu"},
		"MTU 65536":      {with(func(v *netagentv1.SriovVf) { v.Mtu = ptr(uint32(65536)) }), invalid, "sriov_vf.mtu"},
		"8 bytes of MAC": {with(func(v *netagentv1.SriovVf) { v.MacAddress = make([]byte, 8) }), invalid, "sriov_vf.mac_address"},
		"VLAN 4095":      {with(func(v *netagentv1.SriovVf) { v.Vlan = ptr(uint32(4095)) }), invalid, "sriov_vf.vlan"},
		"QoS 8":          {with(func(v *netagentv1.SriovVf) { v.Vlan, v.VlanQos = ptr(uint32(1)), ptr(uint32(8)) }), invalid, "sriov_vf.vlan_qos"},
		"protocol 0":     {with(func(v *netagentv1.SriovVf) { v.VlanProtocol = ptr(netagentv1.VlanProtocol(0)) }), invalid, "sriov_vf.vlan_protocol"},
		"protocol 3":     {with(func(v *netagentv1.SriovVf) { v.VlanProtocol = ptr(netagentv1.VlanProtocol(3)) }), invalid, "sriov_vf.vlan_protocol"},
		"least rate":     {with(func(v *netagentv1.SriovVf) { v.MinTxRate = ptr(uint32(1000001)) }), invalid, "sriov_vf.min_tx_rate"},
		"most rate":      {with(func(v *netagentv1.SriovVf) { v.MaxTxRate = ptr(uint32(1000001)) }), invalid, "sriov_vf.max_tx_rate"},
		"link state 0":   {with(func(v *netagentv1.SriovVf) { v.LinkState = ptr(netagentv1.VfLinkState(0)) }), invalid, "sriov_vf.link_state"},
		"link state 4":   {with(func(v *netagentv1.SriovVf) { v.LinkState = ptr(netagentv1.VfLinkState(4)) }), invalid, "sriov_vf.link_state"},
	}
}

func cardBounds() map[string]refusal {
	with := func(set func(*netagentv1.HostDevice)) *netagentv1.DeviceRequest {
		r := nicRequest("up0")
		set(r.GetHostDevice())
		return r
	}
	return map[string]refusal{
		"MTU 67":         {with(func(h *netagentv1.HostDevice) { h.Mtu = ptr(uint32(67)) }), invalid, "host_device.mtu"},
		"MTU 65536":      {with(func(h *netagentv1.HostDevice) { h.Mtu = ptr(uint32(65536)) }), invalid, "host_device.mtu"},
		"1 byte of MAC":  {with(func(h *netagentv1.HostDevice) { h.MacAddress = mac[:1] }), invalid, "host_device.mac_address"},
		"no PCI address": {with(func(h *netagentv1.HostDevice) { h.PciAddress = "eth1" }), invalid, "host_device.pci_address"},
	}
}
