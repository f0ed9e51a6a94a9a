package netagent_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/vishvananda/netlink"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent"
	"github.com/hawser-dra/hawser/netagent/attachment"
)

const (
	datagram  = netagentv1.IpoibMode_IPOIB_MODE_DATAGRAM
	connected = netagentv1.IpoibMode_IPOIB_MODE_CONNECTED
)

func ipoibRequest(parent string, mode netagentv1.IpoibMode, mtu uint32) *netagentv1.DeviceRequest {
	return &netagentv1.DeviceRequest{Key: "a", Kind: &netagentv1.DeviceRequest_Ipoib{Ipoib: &netagentv1.Ipoib{
		Parent: parent, Pkey: 0x8001, Mode: mode, Mtu: mtu,
	}}}
}

// onInfiniBand starts a netagent on the machine's own network, with an InfiniBand
// interface. It returns nil where the test has been run in another process.
func onInfiniBand(t *testing.T) (a *agent, parent string) {
	if !testns.OnNode(t) {
		return nil, ""
	}
	parent = testns.InfiniBand(t)
	return start(t, func(c *netagent.Config) { c.AllowParents = []string{parent, "hca*", "hw*", "net*"} }), parent
}

// children are the host's IPoIB links that stand on others.
func children(t *testing.T) (names []string) {
	t.Helper()
	for _, l := range testns.List(t, netlink.LinkList) {
		if l.Type() == "ipoib" && l.Attrs().ParentIndex != 0 && l.Attrs().ParentIndex != l.Attrs().Index {
			names = append(names, l.Attrs().Name)
		}
	}
	return names
}

func (a *agent) wantNothing() {
	a.t.Helper()
	if left := children(a.t.(*testing.T)); len(left) != 0 {
		a.t.Errorf("IPoIB links left: %v", left)
	}
	if left := a.journal(); len(left) != 0 {
		a.t.Errorf("journal left: %v", left)
	}
}

// disguise changes all of a link that a pod can change.
func disguise(t *testing.T, pod *testns.Pod, name string) {
	t.Helper()
	l := pod.Get(name)
	mac := bytes.Clone(l.Attrs().HardwareAddr)
	mac[len(mac)-1]++ // of the port's GUID; the queue pair cannot be changed
	for what, err := range map[string]error{
		"down":  pod.Handle().LinkSetDown(l),
		"alias": pod.Handle().LinkSetAlias(l, "hawser/"+uuid.NewString()+"/a"),
		"group": pod.Handle().LinkSetGroup(l, 7),
		"MAC":   pod.Handle().LinkSetHardwareAddr(l, mac),
		"name":  pod.Handle().LinkSetName(l, "mine0"),
	} {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	mac[1]++
	if err := pod.Handle().LinkSetHardwareAddr(l, mac); err == nil {
		t.Error("a pod can change the number of the queue pair")
	}
}

func TestIpoib(t *testing.T) {
	a, parent := onInfiniBand(t)
	if a == nil {
		return
	}
	for _, c := range []struct {
		mode     netagentv1.IpoibMode
		word     string
		mtu      uint32
		wantsMTU int
	}{{datagram, "datagram", 0, 4092}, {datagram, "datagram", 1500, 1500}, {connected, "connected", 0, 65520}, {connected, "connected", 9000, 9000}} {
		t.Run(fmt.Sprint(c.word, c.mtu), func(t *testing.T) {
			request := ipoibRequest(parent, c.mode, c.mtu)
			claim := uuid.NewString()
			w := a.watch()
			first := a.attach(claim, request)
			l := testns.Get(t, first[0].GetLink().GetName())
			attrs := l.Attrs()
			want := &netagentv1.Attachment{
				ClaimUid: claim, Key: "a", Location: netagentv1.Location_LOCATION_HOST,
				Device: &netagentv1.Attachment_Link{Link: &netagentv1.Link{
					Name: attrs.Name, Ifindex: int32(attrs.Index), MacAddress: attrs.HardwareAddr, Mtu: uint32(c.wantsMTU), Alias: "hawser/" + claim + "/a",
				}},
			}
			if diff := cmp.Diff(want, first[0], protocmp.Transform()); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if attrs.ParentIndex != testns.Get(t, parent).Attrs().Index || attrs.Group != attachment.Group || attrs.MTU != c.wantsMTU ||
				attrs.Alias != want.GetLink().GetAlias() || attrs.RawFlags&1 != 0 || len(attrs.HardwareAddr) != 20 {
				t.Errorf("link: %+v", attrs)
			}
			if l, ok := l.(*netlink.IPoIB); !ok || l.Pkey != 0x8001 || l.Mode.String() != c.word {
				t.Errorf("link: %+v, want mode %s", l, c.word)
			}
			if diff := cmp.Diff(first, a.attach(claim, request), protocmp.Transform()); diff != "" {
				t.Errorf("repeated Attach (-first +again):\n%s", diff)
			}
			pod := testns.NewPod(t)
			pod.Take(attrs.Name, "net1")
			w.want(claim, netagentv1.Location_LOCATION_POD)
			if diff := cmp.Diff(first[0].GetLink(), a.attach(claim, request)[0].GetLink(), protocmp.Transform()); diff != "" {
				t.Errorf("Attach with the link in a pod (-first +again):\n%s", diff)
			}
			pod.Close()
			w.want(claim, netagentv1.Location_LOCATION_LOST)
			again := a.attach(claim, request)[0].GetLink()
			if bytes.Equal(again.GetMacAddress(), first[0].GetLink().GetMacAddress()) || testns.Get(t, again.GetName()).Attrs().MTU != c.wantsMTU {
				t.Errorf("made again: %v", again)
			}
			if left := children(t); len(left) != 1 {
				t.Errorf("IPoIB links: %v", left)
			}
			a.detach(claim)
			w.wantGone(claim)
			a.wantNothing()
		})
	}
}

// TestIpoibComesHome ends pods that have disguised their link. It comes home and
// is deleted, whoever acts first: the one who follows the kernel, or a call.
func TestIpoibComesHome(t *testing.T) {
	a, parent := onInfiniBand(t)
	if a == nil {
		return
	}
	request := ipoibRequest(parent, connected, 0)
	for what, act := range map[string]func(claim string, w *watcher){
		"nobody calls": func(claim string, w *watcher) {
			w.want(claim, netagentv1.Location_LOCATION_LOST)
			eventually(t, "the link is deleted", func() bool { return len(children(t)) == 0 })
			a.detach(claim)
		},
		"attached again": func(claim string, w *watcher) {
			w.want(claim, netagentv1.Location_LOCATION_LOST)
			a.attach(claim, request)
			if left := children(t); len(left) != 1 {
				t.Errorf("IPoIB links: %v", left)
			}
			a.detach(claim)
		},
		"detached once lost": func(claim string, w *watcher) {
			w.want(claim, netagentv1.Location_LOCATION_LOST)
			a.detach(claim)
		},
		"detached at once": func(claim string, _ *watcher) { a.detach(claim) },
	} {
		t.Run(what, func(t *testing.T) {
			for range 3 {
				claim := uuid.NewString()
				w := a.watch()
				name := a.attach(claim, request)[0].GetLink().GetName()
				pod := testns.NewPod(t)
				pod.Take(name, "net1")
				w.want(claim, netagentv1.Location_LOCATION_POD)
				disguise(t, pod, "net1")
				pod.Close()
				act(claim, w)
				a.wantNothing()
			}
		})
	}
}

// TestIpoibDetachedInPod takes a link from its pod whatever the pod calls it.
func TestIpoibDetachedInPod(t *testing.T) {
	a, parent := onInfiniBand(t)
	if a == nil {
		return
	}
	for _, restart := range []bool{false, true} {
		claim := uuid.NewString()
		w := a.watch()
		name := a.attach(claim, ipoibRequest(parent, datagram, 0))[0].GetLink().GetName()
		pod := testns.NewPod(t)
		pod.Take(name, "net1")
		w.want(claim, netagentv1.Location_LOCATION_POD)
		disguise(t, pod, "net1")
		if restart {
			a.restart()
			a.watch().want(claim, netagentv1.Location_LOCATION_POD)
		}
		a.detach(claim)
		if links := pod.Links(); len(links) != 0 {
			t.Errorf("links in the pod: %v", links)
		}
		pod.Close()
		a.wantNothing()
	}
}

// TestIpoibDeletedByPod does not wait for ever for what cannot come home.
func TestIpoibDeletedByPod(t *testing.T) {
	a, parent := onInfiniBand(t)
	if a == nil {
		return
	}
	claim := uuid.NewString()
	w := a.watch()
	name := a.attach(claim, ipoibRequest(parent, datagram, 0))[0].GetLink().GetName()
	pod := testns.NewPod(t)
	pod.Take(name, "net1")
	w.want(claim, netagentv1.Location_LOCATION_POD)
	if err := pod.Handle().LinkDel(pod.Get("net1")); err != nil {
		t.Fatal(err)
	}
	pod.Close()
	w.want(claim, netagentv1.Location_LOCATION_LOST)
	a.attach(claim, ipoibRequest(parent, datagram, 0))
	a.detach(claim)
	a.wantNothing()
}

// TestIpoibWhileAway ends a pod while netagent is away.
func TestIpoibWhileAway(t *testing.T) {
	a, parent := onInfiniBand(t)
	if a == nil {
		return
	}
	claim := uuid.NewString()
	name := a.attach(claim, ipoibRequest(parent, datagram, 0))[0].GetLink().GetName()
	pod := testns.NewPod(t)
	a.stop()
	pod.Take(name, "net1")
	disguise(t, pod, "net1")
	pod.Close()
	eventually(t, "the link is home", func() bool { return len(children(t)) == 1 })
	a.start()
	a.watch().want(claim, netagentv1.Location_LOCATION_LOST)
	if left := children(t); len(left) != 0 {
		t.Errorf("IPoIB links left: %v", left)
	}
	a.detach(claim)
	a.wantNothing()
}

func TestIpoibRefused(t *testing.T) {
	a, parent := onInfiniBand(t)
	if a == nil {
		return
	}
	claim := uuid.NewString()
	child := a.attach(claim, ipoibRequest(parent, datagram, 0))[0].GetLink().GetName()
	if err := netlink.LinkAdd(&netlink.IPoIB{LinkAttrs: netlink.LinkAttrs{Name: "net9", ParentIndex: testns.Get(t, parent).Attrs().Index}, Pkey: 0x8002}); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		request *netagentv1.DeviceRequest
		code    codes.Code
		text    string
	}{
		"Ethernet parent":  {ipoibRequest("hca0", datagram, 0), codes.PermissionDenied, "not an InfiniBand interface"},
		"a claim's child":  {ipoibRequest(child, datagram, 0), codes.PermissionDenied, "belongs to a claim"},
		"a child":          {ipoibRequest("net9", datagram, 0), codes.PermissionDenied, "child of another"},
		"no parent":        {ipoibRequest("net8", datagram, 0), codes.FailedPrecondition, "no link of this name"},
		"MTU of connected": {ipoibRequest(parent, datagram, 9000), codes.InvalidArgument, "at most 4092"},
	} {
		_, err := a.tryAttach(uuid.NewString(), c.request)
		if text := wantCode(t, err, c.code); !strings.Contains(text, c.text) {
			t.Errorf("%s: %q lacks %q", what, text, c.text)
		}
	}
	if err := netlink.LinkDel(testns.Get(t, "net9")); err != nil {
		t.Fatal(err)
	}
	a.detach(claim)
	a.wantNothing()
}
