package policy_test

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/peer"
	"github.com/hawser-dra/hawser/netagent/policy"
)

// FuzzCheck: whatever the request and whatever the kernel says of the link, what
// is allowed is none of what must never be.
func FuzzCheck(f *testing.F) {
	for _, d := range []*netagentv1.DeviceRequest{
		{Key: "a", Kind: &netagentv1.DeviceRequest_Macvlan{Macvlan: &netagentv1.Macvlan{Parent: "eth0", Mode: netagentv1.MacvlanMode_MACVLAN_MODE_PASSTHRU}}},
		{Key: "a", Kind: &netagentv1.DeviceRequest_Ipvlan{Ipvlan: &netagentv1.Ipvlan{Parent: "eth0", Mode: 1, Flag: 1}}},
		{Key: "a", Kind: &netagentv1.DeviceRequest_Veth{Veth: &netagentv1.Veth{Bridge: "br0"}}},
		{Key: "a", Kind: &netagentv1.DeviceRequest_Dummy{Dummy: &netagentv1.Dummy{MacAddress: []byte{2, 0, 0, 0, 0, 1}}}},
		{Key: "a", Kind: &netagentv1.DeviceRequest_Ipoib{Ipoib: &netagentv1.Ipoib{Parent: "eth0", Pkey: 0x8001, Mode: 1}}},
		{Key: "a", Kind: &netagentv1.DeviceRequest_SriovVf{SriovVf: &netagentv1.SriovVf{PciAddress: "0000:3b:02.1", Parent: "eth1", VfIndex: 1}}},
		{Key: "a", Kind: &netagentv1.DeviceRequest_HostDevice{HostDevice: &netagentv1.HostDevice{Name: "eth2", PciAddress: "0000:3b:02.1"}}},
		{Key: "a", Kind: &netagentv1.DeviceRequest_Uverbs{Uverbs: &netagentv1.Uverbs{Ibdev: "mlx5_0"}}},
	} {
		b, err := proto.Marshal(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, uint32(0), uint8(0), uint32(1500), "bridge")
	}
	rules := policy.Rules{
		Caller: peer.Identity{UID: 0, GID: 65410}, MaxAttachments: 8,
		Parents: []string{"eth*", "br0"}, Devices: []string{"eth1", "eth2"}, RDMA: []string{"mlx5_*"},
	}
	f.Fuzz(func(t *testing.T, b []byte, gid uint32, bits uint8, mtu uint32, kind string) {
		d := new(netagentv1.DeviceRequest)
		if proto.Unmarshal(b, d) != nil {
			return
		}
		l := &policy.Link{Kind: kind, MTU: mtu, Loopback: bits&1 != 0, Enslaved: bits&2 != 0, Hawser: bits&4 != 0, InUse: bits&8 != 0}
		device := &policy.Device{
			Link: kind, PCI: "0000:3b:02.1", Known: bits&1 == 0, Ethernet: bits&2 == 0, Enslaved: bits&4 != 0, InUse: bits&8 != 0,
			Stacked: bits&16 != 0, VFs: int(bits >> 5 & 1), MaxMTU: mtu,
		}
		if bits&64 != 0 {
			device.Physical, device.Index, device.Link = kind, int(bits>>7), "eth9"
		}
		facts := policy.Facts{Parent: l, Device: device, RDMA: &policy.RDMA{Exclusive: bits&1 != 0}, OnNode: int(bits >> 4)}
		err := rules.Check(peer.Identity{GID: 65410 + gid}, d, facts)
		if refusal := (&policy.Refusal{}); err != nil && !errors.As(err, &refusal) {
			t.Fatalf("%T %v is no refusal", err, err)
		}
		if err == nil {
			wantHarmless(t, d, facts, gid)
		}
	})
}

func wantHarmless(t *testing.T, d *netagentv1.DeviceRequest, f policy.Facts, gid uint32) {
	t.Helper()
	link := policy.NeedsOf(d).Link
	needed := link != "" && f.Parent != nil
	m := d.GetMacvlan()
	switch {
	case gid != 0 || f.OnNode >= 8 || d.GetKind() == nil:
		t.Errorf("allowed: gid +%d, %d attachments, %v", gid, f.OnNode, d)
	case needed && (f.Parent.Loopback || f.Parent.Hawser):
		t.Errorf("allowed on %q: %+v", link, f.Parent)
	case needed && link != "br0" && (len(link) < 3 || link[:3] != "eth"):
		t.Errorf("allowed on %q", link)
	case m != nil && m.GetMode() == netagentv1.MacvlanMode_MACVLAN_MODE_PASSTHRU && f.Parent.InUse:
		t.Errorf("passthru on a link that the node uses")
	case (m != nil || d.GetIpvlan() != nil) && f.Parent.Enslaved:
		t.Errorf("allowed on a port")
	}
	wantLendable(t, d, f)
	for _, mac := range [][]byte{m.GetMacAddress(), d.GetVeth().GetMacAddress(), d.GetDummy().GetMacAddress(),
		d.GetSriovVf().GetMacAddress(), d.GetHostDevice().GetMacAddress()} {
		if len(mac) > 0 && (mac[0]&1 != 0 || slices.Max(mac) == 0) {
			t.Errorf("allowed MAC %x", mac)
		}
	}
}

// wantLendable holds what is said in SECURITY.md of what is lent.
func wantLendable(t *testing.T, d *netagentv1.DeviceRequest, f policy.Facts) {
	t.Helper()
	if d.GetUverbs() != nil && f.RDMA.Exclusive {
		t.Errorf("allowed in exclusive mode: %v", d)
	}
	if d.GetSriovVf() == nil && d.GetHostDevice() == nil {
		return
	}
	l, card := f.Device, f.Device.Link
	if l.Virtual() {
		card = l.Physical
	}
	switch {
	case !l.Known || !l.Ethernet || l.Enslaved || l.InUse || l.Stacked || l.VFs > 0 || l.HeldBy != "":
		t.Errorf("lent: %+v", l)
	case card != "eth1" && card != "eth2":
		t.Errorf("lent of %q", card)
	case l.Virtual() != (d.GetSriovVf() != nil):
		t.Errorf("lent for %v: %+v", d, l)
	}
	if v := d.GetSriovVf(); v != nil && (v.GetParent() != l.Physical || int(v.GetVfIndex()) != l.Index) {
		t.Errorf("lent for %v: %+v", d, l)
	}
}
