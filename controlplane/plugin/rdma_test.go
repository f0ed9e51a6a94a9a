package plugin_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	resourceapi "k8s.io/api/resource/v1"
	cdilib "tags.cncf.io/container-device-interface/pkg/cdi"
	"tags.cncf.io/container-device-interface/specs-go"

	"github.com/hawser-dra/hawser/controlplane/checkpoint"
)

// rdmaClaim has shares of rdma-rxe0, each with its parameters.
func rdmaClaim(ordinal int, parameters ...string) *resourceapi.ResourceClaim {
	rc := newClaim(ordinal, "p1", parameters...)
	devices := &rc.Status.Allocation.Devices
	for i, p := range parameters {
		devices.Results[i].Device = "rdma-rxe0"
		devices.Config[i].Opaque.Parameters.Raw = []byte(p)
	}
	return rc
}

const uverbs = `{"type": "rdma", "rdma": {"kind": "uverbs", "preferDevice": "rxe0"}}`

// edits are what the runtime does for a device, hooks left out.
func (n *node) edits(t testing.TB, id string) specs.ContainerEdits {
	t.Helper()
	cache, err := cdilib.NewCache(cdilib.WithSpecDirs(n.cdi), cdilib.WithAutoRefresh(false))
	if err != nil {
		t.Fatal(err)
	}
	d := cache.GetDevice(id)
	if d == nil {
		t.Fatalf("the runtime does not find %s: %v", id, cache.GetErrors())
	}
	edits := d.ContainerEdits
	edits.Hooks = nil
	return edits
}

func charDevices(minor int64) []*specs.DeviceNode {
	all := os.FileMode(0o666)
	return []*specs.DeviceNode{
		{Path: "/dev/infiniband/rdma_cm", Type: "c", Major: 10, Minor: 260, FileMode: &all, Permissions: "rw"},
		{Path: "/dev/infiniband/uverbs0", Type: "c", Major: 231, Minor: minor, FileMode: &all, Permissions: "rw"},
	}
}

// TestUverbs has three devices of two claims on one RDMA device.
func TestUverbs(t *testing.T) {
	n := newNode(t)
	p := n.start(t, nil)
	one, other := rdmaClaim(1, uverbs, uverbs), rdmaClaim(2, uverbs)
	ids := map[string]bool{}
	for _, c := range []*resourceapi.ResourceClaim{one, other} {
		for i, d := range mustPrepare(t, p, c)[c.UID].Devices {
			if d.DeviceName != "rdma-rxe0" || d.Metadata != nil || *d.ShareID != *c.Status.Allocation.Devices.Results[i].ShareID {
				t.Errorf("got %+v", d)
			}
			id := d.CDIDeviceIDs[0]
			ids[id] = true
			want := specs.ContainerEdits{Env: []string{"HAWSER_RDMA_RXE0=uverbs"}, DeviceNodes: charDevices(192)}
			if diff := cmp.Diff(want, n.edits(t, id)); diff != "" {
				t.Errorf("%s: %s", id, diff)
			}
		}
	}
	if len(ids) != 3 {
		t.Errorf("CDI names are not unique: %v", ids)
	}
	unprepare(t, p, one)
	if left := len(n.agent.AllAttachments()); left != 1 {
		t.Errorf("%d attachments left, want the other claim's", left)
	}
	unprepare(t, p, other)
	if left := n.left(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestRoce prepares an RDMA device and an interface on its link, which leaves the
// host and is lost.
func TestRoce(t *testing.T) {
	n := newNode(t)
	c := rdmaClaim(1, `{"type": "combo", "combo": {"kind": "roce", "netdev": {"kind": "macvlan", "addresses": ["192.0.2.1/24"]}}}`)
	got := mustPrepare(t, n.start(t, nil), c)[c.UID].Devices
	if len(got) != 1 || len(got[0].CDIDeviceIDs) != 1 || got[0].Metadata.NetworkData.InterfaceName != "net1" {
		t.Fatalf("got %+v", got)
	}
	id := got[0].CDIDeviceIDs[0]
	want := specs.ContainerEdits{
		Env:         []string{"HAWSER_NET1=roce", "HAWSER_RDMA_RXE0=roce"},
		DeviceNodes: charDevices(192),
		NetDevices:  []*specs.LinuxNetDevice{{HostInterfaceName: "hw1", Name: "net1"}},
	}
	if diff := cmp.Diff(want, n.edits(t, id)); diff != "" {
		t.Error(diff)
	}
	records, err := checkpoint.Open(t.Context(), n.state)
	if err != nil {
		t.Fatal(err)
	}
	r, err := records.Get(string(c.UID))
	if err != nil || r.Devices[0].Link.Name != "net1" || r.Devices[0].RDMA.IBDev != "rxe0" {
		t.Errorf("record %+v, %v", r, err)
	}

	// The next driver finds the interface in the pod; the RDMA device stays listed.
	n.agent.Move(string(c.UID), "d0")
	mustPrepare(t, n.start(t, nil), c)
	want.NetDevices = nil
	if diff := cmp.Diff(want, n.edits(t, id)); diff != "" {
		t.Error(diff)
	}
	n.agent.EndNamespace(string(c.UID), "d0")
	mustPrepare(t, n.start(t, nil), c)
	if listed := n.listed(t, id); listed != "hw2" {
		t.Errorf("lists %q after the sandbox's end", listed)
	}
	unprepare(t, n.start(t, nil), c)
	if left := n.left(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestRoceWithCard lends a card that the claim names beside the RDMA device.
func TestRoceWithCard(t *testing.T) {
	n := newNode(t)
	p := n.start(t, nil)
	c := rdmaClaim(1, `{"type": "combo", "combo": {"kind": "roce", "netdev": {"kind": "host-device", "hostDevice": "eth3", "interfaceName": "rdma0"}}}`)
	id := mustPrepare(t, p, c)[c.UID].Devices[0].CDIDeviceIDs[0]
	want := specs.ContainerEdits{
		Env:         []string{"HAWSER_RDMA0=roce", "HAWSER_RDMA_RXE0=roce"},
		DeviceNodes: charDevices(192),
		NetDevices:  []*specs.LinuxNetDevice{{HostInterfaceName: "eth3", Name: "rdma0"}},
	}
	if diff := cmp.Diff(want, n.edits(t, id)); diff != "" {
		t.Error(diff)
	}
	unprepare(t, p, c)
	if left := n.left(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestRDMADeviceAway refuses to prepare what the node has no more; all or none.
func TestRDMADeviceAway(t *testing.T) {
	n := newNode(t)
	n.agent.RemoveRDMA("rxe0")
	c := rdmaClaim(1, `{"type": "combo", "combo": {"kind": "roce", "netdev": {"kind": "dummy"}}}`)
	const want = `attach: netagent: uverbs.ibdev "rxe0": the node has no RDMA device of this name`
	result := prepare(t, n.start(t, nil), c)[c.UID]
	if result.Err == nil || result.Err.Error() != want {
		t.Errorf("got  %v\nwant %s", result.Err, want)
	}
	if left := n.left(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
