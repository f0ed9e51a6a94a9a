package plugin_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	resourceapi "k8s.io/api/resource/v1"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// onDevice is a claim that a device of the node was allocated for.
func onDevice(ordinal int, device, netdev string) *resourceapi.ResourceClaim {
	c := newClaim(ordinal, "p1", netdev)
	c.Status.Allocation.Devices.Results[0].Device = device
	c.Status.Allocation.Devices.Results[0].ShareID = nil
	return c
}

func withDevices(t *testing.T) *node {
	n := newNode(t)
	n.devices = map[string]*netagentv1.NodeDevice{
		"vf-0": {Name: "vf-0", Device: &netagentv1.NodeDevice_Vf{Vf: &netagentv1.Vf{
			Pci: &netagentv1.PciFunction{Address: "0000:3b:02.1"}, Parent: "ens1", VfIndex: 5}}},
		"nic-0": {Name: "nic-0", Device: &netagentv1.NodeDevice_Nic{Nic: &netagentv1.Nic{Link: "eth2"}}},
	}
	return n
}

// TestLentDevices prepares what the node lends. A driver that starts, and has not
// been told of the node's devices, prepares them again all the same, and so does
// one to which the card's name has changed.
func TestLentDevices(t *testing.T) {
	for device, netdev := range map[string]string{
		"vf-0":           `{"kind": "sriov-vf", "vlan": 5, "macAddress": "02:00:00:00:aa:01"}`,
		"nic-0":          `{"kind": "host-device"}`,
		"netdev-virtual": `{"kind": "host-device", "hostDevice": "eth2"}`,
	} {
		n := withDevices(t)
		c := onDevice(1, device, netdev)
		first := mustPrepare(t, n.start(t, nil), c)[c.UID].Devices
		host := map[string]string{"vf-0": "ens1v5", "nic-0": "eth2", "netdev-virtual": "eth2"}[device]
		if got := n.listed(t, first[0].CDIDeviceIDs[0]); got != host || first[0].DeviceName != device {
			t.Errorf("%s: %v lists %q", device, first, got)
		}
		for _, devices := range []map[string]*netagentv1.NodeDevice{nil, {
			"vf-0":  {Name: "vf-0", Device: &netagentv1.NodeDevice_Vf{Vf: &netagentv1.Vf{Pci: &netagentv1.PciFunction{Address: "0000:3b:02.1"}, Parent: "renamed"}}},
			"nic-0": {Name: "nic-0", Device: &netagentv1.NodeDevice_Nic{Nic: &netagentv1.Nic{Link: "renamed"}}},
		}} {
			n.devices = devices
			if diff := cmp.Diff(first, mustPrepare(t, n.start(t, nil), c)[c.UID].Devices); diff != "" {
				t.Errorf("%s: %s", device, diff)
			}
		}
		unprepare(t, n.start(t, nil), c)
		if left := n.left(t); len(left) > 0 {
			t.Errorf("%s: left: %v", device, left)
		}
	}
}

// TestOneClaimAtATime: a card that is named is netagent's to refuse.
func TestOneClaimAtATime(t *testing.T) {
	n := withDevices(t)
	p := n.start(t, nil)
	first, second := onDevice(1, "nic-0", `{"kind": "host-device"}`), onDevice(2, "netdev-virtual", `{"kind": "host-device", "hostDevice": "eth2"}`)
	mustPrepare(t, p, first)
	if err := prepare(t, p, second)[second.UID].Err; err == nil || !strings.Contains(err.Error(), "claim "+string(first.UID)+" has it") {
		t.Errorf("got %v", err)
	}
	unprepare(t, p, first)
	mustPrepare(t, p, second)
}

// TestUnknownDevice is retried by the kubelet.
func TestUnknownDevice(t *testing.T) {
	n := withDevices(t)
	c := onDevice(1, "vf-9", `{"kind": "sriov-vf"}`)
	if err := prepare(t, n.start(t, nil), c)[c.UID].Err; err == nil || !strings.Contains(err.Error(), "device vf-9 is not on this node") {
		t.Errorf("got %v", err)
	}
	if left := n.left(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
