package netagent_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/vishvananda/netlink"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent"
	"github.com/hawser-dra/hawser/netagent/attachment"
)

// forger is a pod with NET_ADMIN in its own namespace, which makes its links look
// like others, and dies.
type forger struct {
	a        *agent
	w        *watcher
	claims   []forged
	victim   string
	wanted   []*netagentv1.DeviceRequest
	attached []*netagentv1.Attachment
	pod      *testns.Pod // the victim's
}

// forged is a claim of the forger's, and where its links are when it is dead.
type forged struct {
	claim   string
	devices []*netagentv1.DeviceRequest
	after   netagentv1.Location
}

// ending is a claim for links that end with their pod, and returning one for those
// that come home.
func ending(devices ...*netagentv1.DeviceRequest) forged {
	return forged{uuid.NewString(), devices, netagentv1.Location_LOCATION_LOST}
}

func returning(devices ...*netagentv1.DeviceRequest) forged {
	return forged{uuid.NewString(), devices, netagentv1.Location_LOCATION_HOST}
}

// TestPodsThatForge has a pod give its macvlans and pairs the names, aliases,
// groups, addresses, altnames, MTU and flags of another claim's, of the node's, and
// of nobody.
func TestPodsThatForge(t *testing.T) {
	noDAD(t)
	uplink(t)
	all := []*netagentv1.DeviceRequest{macvlanRequest("a", "up0"), vethRequest("b"), macvlanRequest("c", "up0"), vethRequest("d")}
	forgeAll(t, start(t), all, ending(all...))
}

// TestPodsThatForgeCards does so with a virtual function and an IPoIB child too.
func TestPodsThatForgeCards(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	both := functions(t, 2)
	hca := testns.InfiniBand(t)
	testns.Uplink(t, "up0", 1500)
	a := start(t, func(c *netagent.Config) {
		c.AllowDevices, c.AllowParents = []string{"eth*"}, []string{"up0", hca}
	})
	child := ipoibRequest(hca, connected, 0)
	child.Key = "c"
	created := []*netagentv1.DeviceRequest{macvlanRequest("a", "up0"), vethRequest("b"), child}
	forgeAll(t, a, append(slices.Clone(created), both[1].request("d", nil)), ending(created...), returning(both[0].request("d", allSettings)))
}

// forgeAll compares the host and the victim after each sort of forgery with what
// they are after a pod that is honest.
func forgeAll(t *testing.T, a *agent, wanted []*netagentv1.DeviceRequest, claims ...forged) {
	t.Helper()
	f := &forger{a: a, w: a.watch(), claims: claims, victim: uuid.NewString(), wanted: wanted, pod: testns.NewPod(t)}
	f.attached = a.attach(f.victim, f.wanted...)
	for _, at := range f.attached {
		f.pod.Take(at.GetLink().GetName(), "net"+at.GetKey())
	}
	f.w.want(f.victim, netagentv1.Location_LOCATION_POD)
	f.life(t, func(*testns.Pod) {}) // after the first, all that is used has been used
	honest := f.life(t, func(*testns.Pod) {})
	for who, forge := range map[string]func(pod *testns.Pod){
		"the other claim": func(pod *testns.Pod) { f.pose(t, pod, f.likeVictim) },
		"the node":        func(pod *testns.Pod) { f.pose(t, pod, likeNode) },
		"nobody":          func(pod *testns.Pod) { f.pose(t, pod, likeNobody) },
		"the other claim, while netagent starts anew": func(pod *testns.Pod) {
			f.pose(t, pod, f.likeVictim)
			a.restart()
			f.w = a.watch()
			f.w.want(f.victim, netagentv1.Location_LOCATION_POD)
		},
	} {
		t.Run(who, func(t *testing.T) {
			if diff := cmp.Diff(strings.Split(honest, "\n"), strings.Split(f.life(t, forge), "\n")); diff != "" {
				t.Errorf("not as after an honest pod (-honest +now):\n%s", diff)
			}
		})
	}
	f.pod.Close()
	a.detach(f.victim)
	a.wantNothing()
}

// life is that of a pod with all links. It returns what there is after it: the
// host, the journal, the other pod, and what netagent says of that.
func (f *forger) life(t *testing.T, forge func(*testns.Pod)) string {
	t.Helper()
	pod := testns.NewPod(t)
	for _, c := range f.claims {
		for _, at := range f.a.attach(c.claim, c.devices...) {
			pod.Take(at.GetLink().GetName(), "net"+at.GetKey())
		}
		f.w.want(c.claim, netagentv1.Location_LOCATION_POD)
	}
	forge(pod)
	pod.Close()
	for _, c := range f.claims {
		f.w.want(c.claim, c.after)
		f.a.detach(c.claim)
		f.w.wantGone(c.claim)
	}
	var b strings.Builder
	for _, l := range testns.List(t, f.pod.Handle().LinkList) {
		fmt.Fprintf(&b, "pod %d %s %q %s %d %d %x %v\n", l.Attrs().Index, l.Attrs().Name, l.Attrs().Alias, l.Attrs().HardwareAddr,
			l.Attrs().MTU, l.Attrs().Group, l.Attrs().RawFlags, l.Attrs().AltNames)
	}
	return f.a.snapshot(t, testns.Occupied()...) + b.String() + fmt.Sprint(f.a.attach(f.victim, f.wanted...))
}

// looks are what a pod can give to a link.
type looks struct {
	name, alias, altname string
	group                int
	mac                  net.HardwareAddr
}

// likeVictim is the other claim's link of the same kind, whose names are free on
// the host while it is in its pod.
func (f *forger) likeVictim(i int) looks {
	l := f.attached[i].GetLink()
	return looks{l.GetName(), l.GetAlias(), "hv" + l.GetName()[2:], attachment.Group, l.GetMacAddress()}
}

func likeNode(i int) looks {
	return looks{[]string{"eth0", "lo0", "eth2", "eth3"}[i], "uplink", []string{"up0", "eth1", "eth9", "br0"}[i], 0, mac}
}

func likeNobody(i int) looks {
	return looks{fmt.Sprintf("x%d", i), "", fmt.Sprintf("y%d", i), 7, mac}
}

// pose gives each link of the pod its looks, in the order of keys. A driver may refuse an address or an
// MTU; the marks can always be forged.
func (f *forger) pose(t *testing.T, pod *testns.Pod, like func(int) looks) {
	t.Helper()
	h := pod.Handle()
	for i, name := range []string{"neta", "netb", "netc", "netd"} {
		l, as := pod.Get(name), like(i)
		_ = h.LinkSetDown(l)
		for what, err := range map[string]error{
			"name": h.LinkSetName(l, as.name), "alias": h.LinkSetAlias(l, as.alias), "group": h.LinkSetGroup(l, as.group),
			"altname": h.LinkAddAltName(l, as.altname),
		} {
			if err != nil {
				t.Fatalf("%s of %s: %v", what, name, err)
			}
		}
		for what, err := range map[string]error{
			"MAC": h.LinkSetHardwareAddr(l, as.mac), "MTU": h.LinkSetMTU(l, 1280), "promiscuous": h.SetPromiscOn(l),
			"all multicast": h.LinkSetAllmulticastOn(l), "up": h.LinkSetUp(l),
		} {
			if err != nil {
				t.Logf("%s of %s: %v", what, name, err)
			}
		}
	}
}

// TestForgedMarkInOtherPods has pods, before and after another claim's, that give
// links the mark of that: of our kind, and of another under its index. A netagent
// that starts anew takes none for it, and their end for nothing of its.
func TestForgedMarkInOtherPods(t *testing.T) {
	uplink(t)
	a := start(t)
	victim := uuid.NewString()
	link := a.attach(victim, macvlanRequest("a", "up0"))[0].GetLink()
	theirs := testns.NewPod(t)
	var forgers []*testns.Pod
	var claims []string
	forge := func() {
		pod, claim := testns.NewPod(t), uuid.NewString()
		pod.Take(a.attach(claim, macvlanRequest("a", "up0"))[0].GetLink().GetName(), "net1")
		h := pod.Handle()
		if err := h.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "forged", Index: int(link.GetIfindex())}, PeerName: "peer"}); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"net1", "forged"} {
			if err := h.LinkSetAlias(pod.Get(name), link.GetAlias()); err != nil {
				t.Fatal(err)
			}
		}
		forgers, claims = append(forgers, pod), append(claims, claim)
	}
	forge()
	theirs.Take(link.GetName(), "net1")
	forge()
	a.restart()
	w := a.watch()
	w.want(victim, netagentv1.Location_LOCATION_POD)
	for i, pod := range forgers {
		pod.Close()
		w.want(claims[i], netagentv1.Location_LOCATION_LOST)
		a.detach(claims[i])
		w.wantGone(claims[i])
	}
	if !w.are(victim, netagentv1.Location_LOCATION_POD) {
		t.Error("the end of another pod was taken for its own")
	}
	a.detach(victim)
	if left := theirs.Links(); len(left) != 0 {
		t.Errorf("left in its pod: %v", left)
	}
}

// TestNameOfAnotherCard has a pod call its function as a card is called that
// another pod has. When both come home each has its own name.
func TestNameOfAnotherCard(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	f := functions(t, 1)[0]
	before := asIs(t, f.link, physical, virtio)
	a := lending(t)
	w := a.watch()
	for range 3 {
		forging, other := uuid.NewString(), uuid.NewString()
		a.attach(forging, f.request("a", nil))
		a.attach(other, nicRequest(virtio))
		first, second := testns.NewPod(t), testns.NewPod(t)
		first.Take(f.link, virtio)
		second.Take(virtio, "net1")
		w.want(forging, netagentv1.Location_LOCATION_POD)
		w.want(other, netagentv1.Location_LOCATION_POD)
		first.Close()
		second.Close()
		eventually(t, "both are at home under their own names", func() bool {
			links := sh(t, "ip link show dev "+f.link+" || true; ip link show dev "+virtio+" || true")
			return strings.Contains(links, "alias hawser/"+forging) && strings.Contains(links, "alias hawser/"+other)
		})
		a.detach(forging)
		a.detach(other)
		wantAsIs(t, before, f.link, physical, virtio)
	}
}
