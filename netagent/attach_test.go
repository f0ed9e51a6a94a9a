package netagent_test

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/vishvananda/netlink"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent"
	"github.com/hawser-dra/hawser/netagent/attachment"
	"github.com/hawser-dra/hawser/netagent/journal"
)

// hostState is all that the kernel says of the host's links, as bytes: what
// changes with time alone left out.
func hostState(t *testing.T) string {
	t.Helper()
	list, err := netlink.LinkList()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, l := range list {
		attrs := *l.Attrs()
		attrs.Statistics = nil
		b.WriteString(cmp.Diff(nil, attrs) + "\n")
	}
	return b.String()
}

// uplink is the parent of the test's macvlan links.
func uplink(t *testing.T) netlink.Link {
	t.Helper()
	testns.Kind(t, "macvlan")
	return testns.Uplink(t, "up0", 1500)
}

func TestAllOrNone(t *testing.T) {
	uplink(t)
	a := start(t)
	before := hostState(t)
	_, err := a.tryAttach(uuid.NewString(),
		macvlanRequest("a", "up0"), vethRequest("b"), macvlanRequest("c", "up9"))
	wantCode(t, err, codes.FailedPrecondition)
	if after := hostState(t); after != before {
		t.Errorf("links changed:\n%s", cmp.Diff(before, after))
	}
	if left := a.journal(); len(left) != 0 {
		t.Errorf("journal left: %v", left)
	}
}

// TestUndoKeepsWhatWas fails a second Attach: what the first one made stays.
func TestUndoKeepsWhatWas(t *testing.T) {
	a := start(t)
	claim := uuid.NewString()
	first := a.attach(claim, vethRequest("a"))
	_, err := a.tryAttach(claim, vethRequest("a"), vethRequest("b"), macvlanRequest("c", "up9"))
	wantCode(t, err, codes.FailedPrecondition)
	if links := ownLinks(t); len(links) != 2 {
		t.Errorf("links %v, want the first pair", links)
	}
	if diff := cmp.Diff(first, a.attach(claim, vethRequest("a")), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	a.detach(claim)
}

func TestOtherSettingsConflict(t *testing.T) {
	a := start(t)
	claim := uuid.NewString()
	a.attach(claim, vethRequest("a"))
	other := vethRequest("a")
	other.GetVeth().Mtu = 1300
	_, err := a.tryAttach(claim, other)
	wantCode(t, err, codes.FailedPrecondition)
	a.detach(claim)
}

func TestConcurrentAttach(t *testing.T) {
	uplink(t)
	a := start(t)
	claim := uuid.NewString()
	answers := make([][]*netagentv1.Attachment, 16)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			list, err := a.tryAttach(claim, macvlanRequest("a", "up0"), vethRequest("b"))
			if err != nil {
				t.Errorf("Attach: %v", err)
			}
			answers[i] = list
		})
	}
	wg.Wait()
	for _, list := range answers {
		if diff := cmp.Diff(answers[0], list, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
	a.detach(claim)
}

// TestForeignLink leaves alone what has an attachment's name but not its marks.
func TestForeignLink(t *testing.T) {
	a := start(t)
	claim := uuid.NewString()
	name := a.attach(claim, vethRequest("a"))[0].GetLink().GetName()
	a.detach(claim)

	testns.Add(t, &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: name}})
	before := hostState(t)
	_, err := a.tryAttach(claim, vethRequest("a"))
	if text := wantCode(t, err, codes.FailedPrecondition); !strings.Contains(text, name) {
		t.Errorf("text %q", text)
	}
	if after := hostState(t); after != before {
		t.Errorf("links changed:\n%s", cmp.Diff(before, after))
	}
	a.detach(claim)
	testns.Get(t, name)
}

func TestRestart(t *testing.T) {
	uplink(t)
	a := start(t)
	onHost, inPod, lost := uuid.NewString(), uuid.NewString(), uuid.NewString()
	kept := a.attach(onHost, vethRequest("a"))
	moved := a.attach(inPod, macvlanRequest("a", "up0"))
	died := a.attach(lost, macvlanRequest("a", "up0"))
	pod, brief := testns.NewPod(t), testns.NewPod(t)
	a.stop()
	pod.Take(moved[0].GetLink().GetName(), "net1")
	brief.Take(died[0].GetLink().GetName(), "net1")
	brief.Close()
	eventually(t, "the namespace's links are gone", func() bool {
		a.start()
		defer a.stop()
		w := a.watch()
		return w.are(lost, netagentv1.Location_LOCATION_LOST)
	})
	a.start()

	w := a.watch()
	w.want(onHost, netagentv1.Location_LOCATION_HOST)
	w.want(inPod, netagentv1.Location_LOCATION_POD)
	if diff := cmp.Diff(kept, a.attach(onHost, vethRequest("a")), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	for _, claim := range []string{onHost, inPod, lost} {
		a.detach(claim)
	}
	if links := pod.Links(); len(links) != 0 {
		t.Errorf("in the pod after Detach: %v", links)
	}
	if len(ownLinks(t)) != 0 || len(a.journal()) != 0 {
		t.Errorf("left: links %v, journal %v", ownLinks(t), a.journal())
	}
}

// TestCrashBeforeAlias finishes what a crash left between creation and mark.
func TestCrashBeforeAlias(t *testing.T) {
	uplink(t)
	a := start(t)
	claim := uuid.NewString()
	made := a.attach(claim, macvlanRequest("a", "up0"))[0].GetLink()
	a.stop()
	if err := netlink.LinkSetAlias(testns.Get(t, made.GetName()), ""); err != nil {
		t.Fatal(err)
	}
	a.start()
	again := a.attach(claim, macvlanRequest("a", "up0"))[0].GetLink()
	if diff := cmp.Diff(made, again, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if alias := testns.Get(t, made.GetName()).Attrs().Alias; alias != made.GetAlias() {
		t.Errorf("alias %q", alias)
	}
	a.detach(claim)
}

// TestTwins run two netagents on one journal, as a rolling update does.
func TestTwins(t *testing.T) {
	uplink(t)
	a := start(t)
	b := start(t, func(c *netagent.Config) { c.JournalDir = a.config.JournalDir })
	wa, wb := a.watch(), b.watch()
	claim := uuid.NewString()
	devices := []*netagentv1.DeviceRequest{macvlanRequest("a", "up0"), vethRequest("b")}
	for range 5 {
		var answers [2][]*netagentv1.Attachment
		var wg sync.WaitGroup
		for i, twin := range []*agent{a, b} {
			wg.Go(func() {
				var err error
				if answers[i], err = twin.tryAttach(claim, devices...); err != nil {
					t.Errorf("twin %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if diff := cmp.Diff(answers[0], answers[1], protocmp.Transform()); diff != "" {
			t.Fatalf("twins answer differently:\n%s", diff)
		}
		wa.want(claim, netagentv1.Location_LOCATION_HOST)
		wb.want(claim, netagentv1.Location_LOCATION_HOST)
		a.detach(claim)
		wa.wantGone(claim)
		wb.wantGone(claim)
		b.detach(claim)
	}
	if len(ownLinks(t)) != 0 || len(a.journal()) != 0 {
		t.Errorf("left: links %v, journal %v", ownLinks(t), a.journal())
	}
}

// TestTwinsMakeAgain lets both of them answer the loss of one claim's links, as
// two drivers make them do.
func TestTwinsMakeAgain(t *testing.T) {
	uplink(t)
	a := start(t)
	b := start(t, func(c *netagent.Config) { c.JournalDir = a.config.JournalDir })
	wa, wb := a.watch(), b.watch()
	claim := uuid.NewString()
	devices := []*netagentv1.DeviceRequest{macvlanRequest("a", "up0"), vethRequest("b")}
	first := a.attach(claim, devices...)
	for range 5 {
		pod := testns.NewPod(t)
		for _, at := range first {
			pod.Take(at.GetLink().GetName(), "net"+at.GetKey())
		}
		wa.want(claim, netagentv1.Location_LOCATION_POD)
		wb.want(claim, netagentv1.Location_LOCATION_POD)
		pod.Close()
		wa.want(claim, netagentv1.Location_LOCATION_LOST)
		wb.want(claim, netagentv1.Location_LOCATION_LOST)

		var answers [2][]*netagentv1.Attachment
		var wg sync.WaitGroup
		for i, twin := range []*agent{a, b} {
			wg.Go(func() {
				var err error
				if answers[i], err = twin.tryAttach(claim, devices...); err != nil {
					t.Errorf("twin %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		first = a.attach(claim, devices...)
		if diff := cmp.Diff(first, b.attach(claim, devices...), protocmp.Transform()); diff != "" {
			t.Fatalf("twins answer differently:\n%s", diff)
		}
		if links := ownLinks(t); len(links) != 3 {
			t.Fatalf("links: %v", links)
		}
	}
	b.detach(claim)
	if len(ownLinks(t)) != 0 || len(a.journal()) != 0 {
		t.Errorf("left: links %v, journal %v", ownLinks(t), a.journal())
	}
}

// TestTwinsMeet lets one twin take back what the other one makes. Whoever is
// first, all of the claim is there afterwards or nothing.
func TestTwinsMeet(t *testing.T) {
	uplink(t)
	a := start(t)
	b := start(t, func(c *netagent.Config) { c.JournalDir = a.config.JournalDir })
	claim := uuid.NewString()
	for range 30 {
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := a.tryAttach(claim, macvlanRequest("a", "up0"), vethRequest("b")); err != nil {
				t.Errorf("Attach: %v", err)
			}
		})
		wg.Go(func() { b.detach(claim) })
		wg.Wait()
		links, entries := ownLinks(t), a.journal()
		if all, nothing := len(entries) == 2 && len(links) == 3, len(entries)+len(links) == 0; !all && !nothing {
			t.Fatalf("links %v, journal %v", links, entries)
		}
		b.detach(claim)
		if len(ownLinks(t)) != 0 || len(a.journal()) != 0 {
			t.Fatalf("left: links %v, journal %v", ownLinks(t), a.journal())
		}
	}
}

// TestTwinFinishes kills a netagent between creation and mark, while its twin
// looks on.
func TestTwinFinishes(t *testing.T) {
	up := uplink(t)
	a := start(t)
	claim := uuid.NewString()
	request := macvlanRequest("a", "up0")
	made := a.attach(claim, request)[0].GetLink()
	a.detach(claim)

	j, err := journal.Open(a.config.JournalDir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := j.Add(t.Context(), journal.Entry{Claim: claim, Key: "a", Request: request, Name: made.GetName(), Since: time.Now()}); err != nil {
		t.Fatal(err)
	}
	testns.Add(t, &netlink.Macvlan{
		LinkAttrs: netlink.LinkAttrs{Name: made.GetName(), ParentIndex: up.Attrs().Index, Group: attachment.Group},
		Mode:      netlink.MACVLAN_MODE_BRIDGE,
	})
	eventually(t, "the link is marked", func() bool { return testns.Get(t, made.GetName()).Attrs().Alias == made.GetAlias() })
	a.detach(claim)
}

// TestRenamedOnHost gives a link its name back, which the container runtime
// changes for a hostNetwork pod.
func TestRenamedOnHost(t *testing.T) {
	uplink(t)
	a := start(t)
	claim := uuid.NewString()
	name := a.attach(claim, macvlanRequest("a", "up0"))[0].GetLink().GetName()
	if err := netlink.LinkSetName(testns.Get(t, name), "net1"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the name is back", func() bool { _, err := netlink.LinkByName(name); return err == nil })
	a.detach(claim)
}

// TestPodChangesMarks takes a link from its pod only when it still is marked.
func TestPodChangesMarks(t *testing.T) {
	uplink(t)
	a := start(t)
	w := a.watch()
	claim := uuid.NewString()
	name := a.attach(claim, macvlanRequest("a", "up0"))[0].GetLink().GetName()
	pod := testns.NewPod(t)
	pod.Take(name, "net1")
	w.want(claim, netagentv1.Location_LOCATION_POD)
	if err := pod.Handle().LinkSetAlias(pod.Get("net1"), "mine"); err != nil {
		t.Fatal(err)
	}
	if at := a.attach(claim, macvlanRequest("a", "up0"))[0].GetLocation(); at != netagentv1.Location_LOCATION_POD {
		t.Errorf("location %v", at)
	}
	a.detach(claim)
	if links := pod.Links(); len(links) != 1 {
		t.Errorf("links in the pod: %v", links)
	}
	if left := a.journal(); len(left) != 0 {
		t.Errorf("journal left: %v", left)
	}
}

func TestIpvlanModesOnOneParent(t *testing.T) {
	testns.Kind(t, "ipvlan")
	uplink(t)
	a := start(t)
	claim := uuid.NewString()
	a.attach(claim, ipvlanCase(netagentv1.IpvlanMode_IPVLAN_MODE_L2, netagentv1.IpvlanFlag_IPVLAN_FLAG_BRIDGE).request)
	_, err := a.tryAttach(uuid.NewString(), ipvlanCase(netagentv1.IpvlanMode_IPVLAN_MODE_L3, netagentv1.IpvlanFlag_IPVLAN_FLAG_BRIDGE).request)
	wantCode(t, err, codes.PermissionDenied)
	a.detach(claim)
}

// TestPassthruOnUsedLink refuses a link that the node's own address is on, and
// one under it.
func TestPassthruOnUsedLink(t *testing.T) {
	up := uplink(t)
	a := start(t)
	claim := uuid.NewString()
	request := macvlanCase(netagentv1.MacvlanMode_MACVLAN_MODE_PASSTHRU).request
	request.GetMacvlan().Mtu = 0
	a.attach(claim, request)
	a.detach(claim)

	address, err := netlink.ParseAddr("192.0.2.1/24")
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.AddrAdd(up, address); err != nil {
		t.Fatal(err)
	}
	_, err = a.tryAttach(claim, request)
	wantCode(t, err, codes.PermissionDenied)
}

// TestNoLinkLocalAddressOnTheHost: whoever sets a claim's link up on the host, as a
// runtime does for a hostNetwork pod, gives the host no address by it.
func TestNoLinkLocalAddressOnTheHost(t *testing.T) {
	uplink(t)
	a := start(t)
	claim := uuid.NewString()
	defer a.detach(claim)
	for _, at := range a.attach(claim, vethRequest("a"), macvlanRequest("b", "up0")) {
		const none = "1" // IN6_ADDR_GEN_MODE_NONE
		if got := strings.TrimSpace(sh(t, "cat /proc/sys/net/ipv6/conf/"+at.GetLink().GetName()+"/addr_gen_mode")); got != none {
			t.Errorf("%s: addr_gen_mode is %s, want %s", at.GetKey(), got, none)
		}
	}
}
