package plugin_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"
)

func TestPrepareAndUnprepare(t *testing.T) {
	n := newNode(t)
	p := n.start(t, nil)
	c := newClaim(1, "p1", `{"kind": "macvlan", "parent": "eth0", "macAddress": "02:00:00:00:aa:01", "addresses": ["192.0.2.1/24"]}`, `{"kind": "dummy", "interfaceName": "data0"}`)
	got := mustPrepare(t, p, c)[c.UID].Devices

	share0, share1 := *c.Status.Allocation.Devices.Results[0].ShareID, *c.Status.Allocation.Devices.Results[1].ShareID
	want := []kubeletplugin.Device{{
		Requests: []string{"r0"}, PoolName: "node1", DeviceName: "netdev-virtual", ShareID: &share0,
		CDIDeviceIDs: []string{"dra.example.com/claim=" + string(c.UID) + "-d0"},
		Metadata: &kubeletplugin.DeviceMetadata{NetworkData: &resourceapi.NetworkDeviceData{
			InterfaceName: "net1", HardwareAddress: "02:00:00:00:aa:01", IPs: []string{"192.0.2.1/24"}}},
	}, {
		Requests: []string{"r1"}, PoolName: "node1", DeviceName: "netdev-virtual", ShareID: &share1,
		CDIDeviceIDs: []string{"dra.example.com/claim=" + string(c.UID) + "-d1"},
		Metadata: &kubeletplugin.DeviceMetadata{NetworkData: &resourceapi.NetworkDeviceData{
			InterfaceName: "data0", HardwareAddress: "02:00:00:00:00:02"}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for i, host := range []string{"hw1", "hw2"} {
		if listed := n.listed(t, got[i].CDIDeviceIDs[0]); listed != host {
			t.Errorf("device %d lists %q, want %q", i, listed, host)
		}
	}
	for range 2 {
		unprepare(t, p, c)
		if left := n.left(t); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	}
	if n.status.prepared.Load() != 1 || n.status.forgotten.Load() != 2 {
		t.Errorf("status was told %d times of prepare, %d times of unprepare", n.status.prepared.Load(), n.status.forgotten.Load())
	}
}

// The links of a claim that is prepared again stay, wherever they are, for the
// same driver and for the next one.
func TestPrepareAgain(t *testing.T) {
	n := newNode(t)
	c := newClaim(1, "p1", `{"kind": "dummy"}`, `{"kind": "dummy"}`, `{"kind": "dummy"}`)
	first := mustPrepare(t, n.start(t, nil), c)[c.UID].Devices
	if diff := cmp.Diff(first, mustPrepare(t, n.start(t, nil), c)[c.UID].Devices); diff != "" {
		t.Error(diff)
	}
	n.agent.Move(string(c.UID), "d0")
	n.agent.Move(string(c.UID), "d1")
	n.agent.EndNamespace(string(c.UID), "d1")
	again := mustPrepare(t, n.start(t, nil), c)[c.UID].Devices
	for i, host := range []string{"", "hw4", "hw3"} {
		if listed := n.listed(t, again[i].CDIDeviceIDs[0]); listed != host {
			t.Errorf("device %d lists %q, want %q", i, listed, host)
		}
	}
	n.agent.Reboot()
	again = mustPrepare(t, n.start(t, nil), c)[c.UID].Devices
	if listed := n.listed(t, again[0].CDIDeviceIDs[0]); listed != "hw5" {
		t.Errorf("after a reboot the spec lists %q", listed)
	}
}

func TestAllocatedAnew(t *testing.T) {
	n := newNode(t)
	p := n.start(t, nil)
	c := newClaim(1, "p1", `{"kind": "dummy", "mtu": 1400}`)
	mustPrepare(t, p, c)
	other := newClaim(1, "p1", `{"kind": "dummy", "mtu": 9000}`)
	share := types.UID("5a1f0d86-0c2c-4f6b-9999-000000000001")
	other.Status.Allocation.Devices.Results[0].ShareID = &share
	d := mustPrepare(t, p, other)[c.UID].Devices[0]
	if listed := n.listed(t, d.CDIDeviceIDs[0]); listed != "hw2" {
		t.Errorf("lists %q, want a new link", listed)
	}
	if all := n.agent.AllAttachments(); len(all) != 1 || all[0].GetLink().GetMtu() != 9000 {
		t.Errorf("attached: %v", all)
	}
}

func TestOneWrongClaimFailsAlone(t *testing.T) {
	n := newNode(t)
	n.agent.Refuse = refuseParent("eth9")
	good, wrong, refused, clash := newClaim(1, "p1", `{"kind": "dummy", "interfaceName": "x0"}`),
		newClaim(2, "p1", `{"kind": "dumy"}`, `{"kind": "ipoib", "parent": "ib0"}`),
		newClaim(3, "p1", `{"kind": "dummy"}`, `{"kind": "macvlan", "parent": "eth9"}`),
		newClaim(4, "p1", `{"kind": "dummy", "interfaceName": "x0"}`)
	results := prepare(t, n.start(t, nil), good, wrong, refused, clash)
	for c, want := range map[*resourceapi.ResourceClaim]string{
		good:    "",
		wrong:   `request "r0": netdev.kind: Unsupported value: "dumy": supported values: `,
		refused: "attach: netagent: device d1: parent eth9 is not allowed",
		clash:   `request "r0": netdev.interfaceName: Invalid value: "x0": claim ns/c1 of the same pod has it already: choose another`,
	} {
		got := ""
		if err := results[c.UID].Err; err != nil {
			got = err.Error()
		}
		if (want == "") != (got == "") || !strings.HasPrefix(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%s: got %q, want %q", c.Name, got, want)
		}
	}
	want := []string{"attachment " + string(good.UID) + " d0", "dra.example.com-claim-" + string(good.UID) + ".json", string(good.UID) + ".alloc.json"}
	if diff := cmp.Diff(want, n.left(t)); diff != "" {
		t.Error(diff)
	}
}

func TestManyAtOnce(t *testing.T) {
	n := newNode(t)
	p := n.start(t, nil)
	var claims []*resourceapi.ResourceClaim
	for i := range 50 {
		claims = append(claims, newClaim(i, fmt.Sprintf("p%d", i%10), `{"kind": "dummy"}`))
	}
	t.Run("prepare", func(t *testing.T) {
		for _, call := range append(slices.Collect(slices.Chunk(claims, 5)), claims) {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				mustPrepare(t, p, call...)
			})
		}
	})
	if got := len(n.agent.AllAttachments()); got != 50 {
		t.Errorf("%d attachments", got)
	}
	seen := map[string]bool{}
	for _, c := range claims {
		d := mustPrepare(t, p, c)[c.UID].Devices[0]
		key := string(c.Status.ReservedFor[0].UID) + " " + d.Metadata.NetworkData.InterfaceName
		if seen[key] {
			t.Errorf("%s is given twice", key)
		}
		seen[key] = true
	}
	unprepare(t, p, claims...)
	if left := n.left(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestLockIsWaitedFor(t *testing.T) {
	n := newNode(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := newClaim(1, "p1", `{"kind": "dummy"}`)
	results, err := n.start(t, nil).PrepareResourceClaims(ctx, []*resourceapi.ResourceClaim{c})
	if err != nil || results[c.UID].Err == nil {
		t.Errorf("a call that is over was answered: %v, %v", results, err)
	}
	if left := n.left(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
