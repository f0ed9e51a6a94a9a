package netagent_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/vishvananda/netlink"
	"google.golang.org/protobuf/testing/protocmp"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent/attachment"
)

// kindCase is one kind in one of its modes, on links that the test has made.
type kindCase struct {
	name    string
	kernel  string // the kernel's word for the kind
	request *netagentv1.DeviceRequest
	mtu     uint32
	mac     []byte
}

var mac = []byte{0x02, 0, 0, 0, 0, 0x17}

func kindCases() []kindCase {
	var list []kindCase
	for mode := 1; mode < len(netagentv1.MacvlanMode_name); mode++ {
		list = append(list, macvlanCase(netagentv1.MacvlanMode(mode)))
	}
	for mode := 1; mode < len(netagentv1.IpvlanMode_name); mode++ {
		for flag := 1; flag < len(netagentv1.IpvlanFlag_name); flag++ {
			list = append(list, ipvlanCase(netagentv1.IpvlanMode(mode), netagentv1.IpvlanFlag(flag)))
		}
	}
	return append(list,
		kindCase{"veth", "veth", &netagentv1.DeviceRequest{Key: "a", Kind: &netagentv1.DeviceRequest_Veth{
			Veth: &netagentv1.Veth{Mtu: 1400, MacAddress: mac}}}, 1400, mac},
		kindCase{"veth on a bridge", "veth", &netagentv1.DeviceRequest{Key: "a", Kind: &netagentv1.DeviceRequest_Veth{
			Veth: &netagentv1.Veth{Bridge: "br0"}}}, 1500, nil},
		kindCase{"dummy", "dummy", &netagentv1.DeviceRequest{Key: "a", Kind: &netagentv1.DeviceRequest_Dummy{
			Dummy: &netagentv1.Dummy{Mtu: 9000, MacAddress: mac}}}, 9000, mac},
	)
}

// macvlanCase asks for no MAC in passthru mode, where the link has its parent's.
func macvlanCase(mode netagentv1.MacvlanMode) kindCase {
	mac := mac
	if mode == netagentv1.MacvlanMode_MACVLAN_MODE_PASSTHRU {
		mac = nil
	}
	return kindCase{mode.String(), "macvlan", &netagentv1.DeviceRequest{Key: "a", Kind: &netagentv1.DeviceRequest_Macvlan{
		Macvlan: &netagentv1.Macvlan{Parent: "up0", Mode: mode, Mtu: 1400, MacAddress: mac}}}, 1400, mac}
}

func ipvlanCase(mode netagentv1.IpvlanMode, flag netagentv1.IpvlanFlag) kindCase {
	return kindCase{mode.String() + " " + flag.String(), "ipvlan", &netagentv1.DeviceRequest{Key: "a", Kind: &netagentv1.DeviceRequest_Ipvlan{
		Ipvlan: &netagentv1.Ipvlan{Parent: "up0", Mode: mode, Flag: flag, Mtu: 1400}}}, 1400, nil}
}

// TestKinds is the contract of every kind that is made for claims.
func TestKinds(t *testing.T) {
	for _, k := range kindCases() {
		t.Run(k.name, func(t *testing.T) {
			testns.Kind(t, k.kernel)
			testns.Uplink(t, "up0", 1500)
			testns.Add(t, &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br0"}})
			a := start(t)
			watch := a.watch()
			claim := uuid.NewString()

			first := a.attach(claim, k.request)
			checkNew(t, k, claim, first[0])
			if diff := cmp.Diff(first, a.attach(claim, k.request), protocmp.Transform()); diff != "" {
				t.Errorf("repeated Attach (-first +again):\n%s", diff)
			}
			watch.want(claim, netagentv1.Location_LOCATION_HOST)

			pod := testns.NewPod(t)
			pod.Take(first[0].GetLink().GetName(), "net1")
			watch.want(claim, netagentv1.Location_LOCATION_POD)
			inPod := a.attach(claim, k.request)
			if got := inPod[0].GetLocation(); got != netagentv1.Location_LOCATION_POD {
				t.Errorf("Attach with the link in a pod: location %v", got)
			}
			if diff := cmp.Diff(first[0].GetLink(), inPod[0].GetLink(), protocmp.Transform()); diff != "" {
				t.Errorf("Attach with the link in a pod (-first +again):\n%s", diff)
			}

			pod.Close()
			watch.want(claim, netagentv1.Location_LOCATION_LOST)
			again := a.attach(claim, k.request)
			checkNew(t, k, claim, again[0])
			if again[0].GetLink().GetIfindex() == first[0].GetLink().GetIfindex() {
				t.Error("made again, but with the old ifindex")
			}

			a.detach(claim)
			watch.wantGone(claim)
			a.detach(claim)
			if left := ownLinks(t); len(left) != 0 {
				t.Errorf("links left: %v", left)
			}
			if left := a.journal(); len(left) != 0 {
				t.Errorf("journal left: %v", left)
			}
		})
	}
}

func checkNew(t *testing.T, k kindCase, claim string, got *netagentv1.Attachment) {
	t.Helper()
	l := testns.Get(t, got.GetLink().GetName())
	attrs := l.Attrs()
	alias := "hawser/" + claim + "/a"
	want := &netagentv1.Attachment{
		ClaimUid: claim, Key: "a", Location: netagentv1.Location_LOCATION_HOST,
		Device: &netagentv1.Attachment_Link{Link: &netagentv1.Link{
			Name: attrs.Name, Ifindex: int32(attrs.Index), MacAddress: attrs.HardwareAddr, Mtu: k.mtu, Alias: alias,
		}},
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if l.Type() != k.kernel || attrs.Alias != alias || attrs.Group != attachment.Group || attrs.MTU != int(k.mtu) {
		t.Errorf("link: type %s, alias %q, group %d, MTU %d", l.Type(), attrs.Alias, attrs.Group, attrs.MTU)
	}
	if len(attrs.Name) != 15 || attrs.Name[:2] != "hw" {
		t.Errorf("link: name %q", attrs.Name)
	}
	if k.mac != nil && !bytes.Equal(attrs.HardwareAddr, k.mac) {
		t.Errorf("link: MAC %v, want %v", attrs.HardwareAddr, k.mac)
	}
	if attrs.RawFlags&1 != 0 {
		t.Error("link: is up")
	}
	addresses, err := netlink.AddrList(l, netlink.FAMILY_ALL)
	if err != nil || len(addresses) != 0 {
		t.Errorf("link: addresses %v, %v", addresses, err)
	}
	checkMode(t, k.request, l)
	if k.kernel == "veth" {
		checkHostEnd(t, k.request.GetVeth(), "hv"+attrs.Name[2:])
	}
}

func checkMode(t *testing.T, r *netagentv1.DeviceRequest, l netlink.Link) {
	t.Helper()
	switch l := l.(type) {
	case *netlink.Macvlan:
		want := map[netagentv1.MacvlanMode]netlink.MacvlanMode{
			netagentv1.MacvlanMode_MACVLAN_MODE_BRIDGE:   netlink.MACVLAN_MODE_BRIDGE,
			netagentv1.MacvlanMode_MACVLAN_MODE_VEPA:     netlink.MACVLAN_MODE_VEPA,
			netagentv1.MacvlanMode_MACVLAN_MODE_PRIVATE:  netlink.MACVLAN_MODE_PRIVATE,
			netagentv1.MacvlanMode_MACVLAN_MODE_PASSTHRU: netlink.MACVLAN_MODE_PASSTHRU,
		}[r.GetMacvlan().GetMode()]
		if l.Mode != want {
			t.Errorf("mode %v, want %v", l.Mode, want)
		}
	case *netlink.IPVlan:
		mode := netlink.IPVlanMode(r.GetIpvlan().GetMode() - 1)
		flag := netlink.IPVlanFlag(r.GetIpvlan().GetFlag() - 1)
		if l.Mode != mode || l.Flag != flag {
			t.Errorf("mode %v, flag %v, want %v, %v", l.Mode, l.Flag, mode, flag)
		}
	}
}

func checkHostEnd(t *testing.T, v *netagentv1.Veth, name string) {
	t.Helper()
	l := testns.Get(t, name)
	attrs := l.Attrs()
	if attrs.RawFlags&1 == 0 || attrs.Group != attachment.Group {
		t.Errorf("host end: flags %x, group %d", attrs.RawFlags, attrs.Group)
	}
	master := 0
	if v.GetBridge() != "" {
		master = testns.Get(t, v.GetBridge()).Attrs().Index
	}
	if attrs.MasterIndex != master {
		t.Errorf("host end: master %d, want %d", attrs.MasterIndex, master)
	}
	addresses, err := netlink.AddrList(l, netlink.FAMILY_ALL)
	if err != nil || len(addresses) != 0 {
		t.Errorf("host end: addresses %v, %v", addresses, err)
	}
}

// ownLinks are the names of all links that bear netagent's group.
func ownLinks(t testing.TB) []string {
	t.Helper()
	list, err := netlink.LinkList()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range list {
		if l.Attrs().Group == attachment.Group {
			names = append(names, l.Attrs().Name)
		}
	}
	return names
}
