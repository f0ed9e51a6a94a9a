//go:build fault

package netagent_test

import (
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/internal/testns"
)

// meanwhile has a script run once, between two steps of the next call. It returns
// what gives the node as the script has left it.
func meanwhile(t *testing.T, point fault.Name, script string) (left func() string) {
	t.Helper()
	var once sync.Once
	var node string
	fault.Handle(func(name fault.Name) {
		if name != point {
			return
		}
		once.Do(func() {
			if out, err := exec.Command("sh", "-ec", script).CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s", script, err, out)
			}
			node = testns.Snapshot(t)
		})
	})
	t.Cleanup(func() { fault.Handle(func(fault.Name) {}) })
	return func() string {
		once.Do(func() { t.Errorf("%s was not passed", point) })
		return node
	}
}

// TestChangesBetweenCheckAndAct changes what a name stands for when the policy has
// said yes. What is done is done to the link that was looked at, or to none; all
// else is as the change has left it.
func TestChangesBetweenCheckAndAct(t *testing.T) {
	noDAD(t)
	uplink(t)
	testns.Uplink(t, "up1", 1500)
	sh(t, "ip link set up0 down; ip link set up1 down") // so that they can be renamed everywhere
	a := start(t)
	const swap = "ip link set up0 name upx; ip link set up1 name up0; ip link set upx name up1"
	for what, c := range map[string]struct {
		request              *netagentv1.DeviceRequest
		set, meanwhile, undo string
		code                 codes.Code
		text                 string
	}{
		"the uplink takes the name": {passthruRequest("up0"), "ip addr add 192.0.2.1/24 dev up1", swap,
			swap + "; ip addr flush dev up1", codes.OK, ""},
		"a route moves to the parent": {passthruRequest("up0"), "true", "ip addr add 192.0.2.1/24 dev up0",
			"ip addr flush dev up0", codes.OK, ""},
		"the parent goes": {macvlanRequest("a", "upg"), "ip link add upg type veth peer name upg-far", "ip link del upg",
			"true", codes.FailedPrecondition, "create macvlan"},
		"another takes its place": {macvlanRequest("a", "upg"), "ip link add upg type veth peer name upg-far", "ip link del upg; ip link add upg type veth peer name upg-far",
			"ip link del upg", codes.FailedPrecondition, "create macvlan"},
		"the bridge becomes something else": {bridgeRequest("brg"), "ip link add brg type bridge", "ip link del brg; ip link add brg type veth peer name brg-far",
			"ip link del brg", codes.FailedPrecondition, "create veth"},
	} {
		t.Run(what, func(t *testing.T) {
			sh(t, c.set)
			parent := c.request.GetMacvlan().GetParent() + c.request.GetVeth().GetBridge()
			index := testns.Get(t, parent).Attrs().Index
			claim := uuid.NewString()
			left := meanwhile(t, fault.NetagentEntryAdded, c.meanwhile)
			list, err := a.tryAttach(claim, c.request)
			if text := wantCode(t, err, c.code); !strings.Contains(text, c.text) {
				t.Errorf("it says %q", text)
			}
			if err == nil {
				if on := testns.Get(t, list[0].GetLink().GetName()).Attrs().ParentIndex; on != index {
					t.Errorf("it stands on link %d, not on %d, which was looked at", on, index)
				}
				a.detach(claim)
			}
			a.wantLeft(t, left())
			sh(t, c.undo)
		})
	}
}

// wantLeft compares the node with what a change has left, and wants no entry.
func (a *agent) wantLeft(t *testing.T, left string) {
	t.Helper()
	if diff := cmp.Diff(strings.Split(left, "\n"), strings.Split(a.snapshot(t), "\n")); diff != "" {
		t.Errorf("the node is not as the change has left it (-then +now):\n%s", diff)
	}
}

// TestNameTakenBetweenCheckAndAct makes a link of the name that the claim's is to
// have, with its marks: it is left alone.
func TestNameTakenBetweenCheckAndAct(t *testing.T) {
	a := start(t)
	claim := uuid.NewString()
	name := a.attach(claim, vethRequest("a"))[0].GetLink().GetName()
	a.detach(claim)
	left := meanwhile(t, fault.NetagentEntryAdded,
		"ip link add "+name+" type bridge; ip link set "+name+" group 18519; ip link set "+name+" alias hawser/"+claim+"/a")
	_, err := a.tryAttach(claim, vethRequest("a"))
	if text := wantCode(t, err, codes.FailedPrecondition); !strings.Contains(text, "left alone") {
		t.Errorf("it says %q", text)
	}
	a.wantLeft(t, left())
	sh(t, "ip link del "+name)
}

// TestNameTakenBeforeDetach lets a link leave for a pod, and another take its name
// and marks, when it has been decided to take it back.
func TestNameTakenBeforeDetach(t *testing.T) {
	a := start(t)
	claim := uuid.NewString()
	made := a.attach(claim, macvlanRequestOn(t))[0].GetLink()
	left := meanwhile(t, fault.NetagentLeavingRecorded, "ip link del "+made.GetName()+
		"; ip link add "+made.GetName()+" type bridge; ip link set "+made.GetName()+" group 18519; ip link set "+made.GetName()+" alias "+made.GetAlias())
	a.detach(claim)
	a.wantLeft(t, left())
	sh(t, "ip link del "+made.GetName())
}

func macvlanRequestOn(t *testing.T) *netagentv1.DeviceRequest {
	t.Helper()
	uplink(t)
	return macvlanRequest("a", "up0")
}

// TestHardwareChangesBetweenCheckAndAct takes a function its driver, and swaps the
// names of cards, when the policy has said yes.
func TestHardwareChangesBetweenCheckAndAct(t *testing.T) {
	if !testns.OnNode(t) {
		return
	}
	f := functions(t, 1)[0]
	a := lending(t)
	const drivers = "/sys/bus/pci/drivers/igbvf/"
	bind := func() {
		sh(t, "echo "+f.address+" >"+drivers+"bind")
		eventually(t, "the function has its link", func() bool { return strings.Contains(a.links(), f.address) })
	}
	// Without an address of the card's its driver makes another one up each time.
	sh(t, "ip link set "+physical+" vf 0 mac 02:00:00:00:00:98 && echo "+f.address+" >"+drivers+"unbind")
	bind()
	settled(t)
	before := asIs(t, f.link, physical, virtio, e1000e)
	t.Run("a function loses its driver", func(t *testing.T) {
		left := meanwhile(t, fault.NetagentEntryAdded, "echo "+f.address+" >"+drivers+"unbind")
		_, err := a.tryAttach(uuid.NewString(), f.request("a", allSettings))
		wantCode(t, err, codes.FailedPrecondition)
		a.wantLeft(t, left())
		bind()
		wantAsIs(t, before, f.link, physical, virtio, e1000e)
	})
	t.Run("cards swap their names", func(t *testing.T) {
		const swap = "ip link set eth2 name ethx; ip link set eth3 name eth2; ip link set ethx name eth3"
		left, claim := meanwhile(t, fault.NetagentEntryAdded, swap), uuid.NewString()
		if _, err := a.tryAttach(claim, nicRequest(virtio)); err == nil {
			t.Error("a card is lent that has another's name")
		}
		left()
		sh(t, swap)
		a.detach(claim)
		wantAsIs(t, before, f.link, physical, virtio, e1000e)
	})
}
