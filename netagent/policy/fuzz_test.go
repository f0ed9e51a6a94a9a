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
	} {
		b, err := proto.Marshal(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, uint32(0), uint8(0), uint32(1500), "bridge")
	}
	rules := policy.Rules{Caller: peer.Identity{UID: 0, GID: 65410}, Parents: []string{"eth*", "br0"}, MaxAttachments: 8}
	f.Fuzz(func(t *testing.T, b []byte, gid uint32, bits uint8, mtu uint32, kind string) {
		d := new(netagentv1.DeviceRequest)
		if proto.Unmarshal(b, d) != nil {
			return
		}
		l := &policy.Link{Kind: kind, MTU: mtu, Loopback: bits&1 != 0, Enslaved: bits&2 != 0, Hawser: bits&4 != 0, InUse: bits&8 != 0}
		facts := policy.Facts{Parent: l, OnNode: int(bits >> 4)}
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
	for _, mac := range [][]byte{m.GetMacAddress(), d.GetVeth().GetMacAddress(), d.GetDummy().GetMacAddress()} {
		if len(mac) > 0 && (mac[0]&1 != 0 || slices.Max(mac) == 0) {
			t.Errorf("allowed MAC %x", mac)
		}
	}
}
