package claim_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/claim"
)

const (
	driver = "dra.example.com"
	uid    = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0001"
	dummy  = `{"type": "netdev", "netdev": {"kind": "dummy"}}`
)

var decoder = claim.Decoder{Driver: driver}

// withDevices decodes for a node that has a virtual function and a card.
var withDevices = claim.Decoder{Driver: driver, Device: func(name string) *netagentv1.NodeDevice {
	return map[string]*netagentv1.NodeDevice{
		"vf-0":  {Name: "vf-0", Device: &netagentv1.NodeDevice_Vf{Vf: &netagentv1.Vf{Parent: "eth1"}}},
		"nic-0": {Name: "nic-0", Device: &netagentv1.NodeDevice_Nic{Nic: &netagentv1.Nic{Link: "eth2"}}},
	}[name]
}}

// onDevice is a claim that a device of the node was allocated for.
func onDevice(device, parameters string) *resourceapi.ResourceClaim {
	rc := allocated(configs(fromClaim(parameters)), "nic")
	rc.Status.Allocation.Devices.Results[0].Device = device
	return rc
}

// TestDevicesOfTheNode fits what a device is; the draft keeps it.
func TestDevicesOfTheNode(t *testing.T) {
	for device, parameters := range map[string]string{
		"vf-0":              `{"type": "netdev", "netdev": {"kind": "sriov-vf"}}`,
		"nic-0":             `{"type": "netdev", "netdev": {"kind": "host-device", "hostDevice": "eth2"}}`,
		claim.VirtualDevice: `{"type": "netdev", "netdev": {"kind": "host-device", "hostDevice": "eth2"}}`,
	} {
		c, err := withDevices.Decode(onDevice(device, parameters))
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.Draft(func(uid, key string) string { return uid + key })
		if err != nil {
			t.Fatal(err)
		}
		if kept := string(r.Devices[0].Node); strings.Contains(kept, device) != (device != claim.VirtualDevice) {
			t.Errorf("the draft of %s keeps %s", device, kept)
		}
	}
}

// allocated is a claim with one result for each request.
func allocated(config []resourceapi.DeviceAllocationConfiguration, requests ...string) *resourceapi.ResourceClaim {
	rc := &resourceapi.ResourceClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "c", UID: uid}}
	rc.Status.Allocation = &resourceapi.AllocationResult{Devices: resourceapi.DeviceAllocationResult{Config: config}}
	for _, r := range requests {
		rc.Status.Allocation.Devices.Results = append(rc.Status.Allocation.Devices.Results,
			resourceapi.DeviceRequestAllocationResult{Request: r, Driver: driver, Pool: "node1", Device: claim.VirtualDevice})
	}
	return rc
}

func entry(source resourceapi.AllocationConfigSource, driver, parameters string, requests ...string) resourceapi.DeviceAllocationConfiguration {
	return resourceapi.DeviceAllocationConfiguration{
		Source:   source,
		Requests: requests,
		DeviceConfiguration: resourceapi.DeviceConfiguration{Opaque: &resourceapi.OpaqueDeviceConfiguration{
			Driver: driver, Parameters: runtime.RawExtension{Raw: []byte(parameters)},
		}},
	}
}

func fromClass(parameters string, requests ...string) resourceapi.DeviceAllocationConfiguration {
	return entry(resourceapi.AllocationConfigSourceClass, driver, parameters, requests...)
}

func fromClaim(parameters string, requests ...string) resourceapi.DeviceAllocationConfiguration {
	return entry(resourceapi.AllocationConfigSourceClaim, driver, parameters, requests...)
}

func configs(c ...resourceapi.DeviceAllocationConfiguration) []resourceapi.DeviceAllocationConfiguration {
	return c
}

func TestDecode(t *testing.T) {
	share := types.UID("5a1f0d86-0c2c-4f6b-9c53-94c2a1d50001")
	rc := allocated(configs(fromClaim(dummy)), "nic", "other", "gpu", "sub/big")
	rc.Status.Allocation.Devices.Results[0].ShareID = &share
	rc.Status.Allocation.Devices.Results[2].Driver = "gpu.example.com"
	rc.Status.ReservedFor = []resourceapi.ResourceClaimConsumerReference{
		{Resource: "pods", Name: "p", UID: "p1"},
		{APIGroup: "scheduling.k8s.io", Resource: "podgroups", Name: "g", UID: "g1"},
	}
	c, err := decoder.Decode(rc)
	if err != nil {
		t.Fatal(err)
	}
	if c.UID != uid || c.Namespace != "ns" || c.Name != "c" || !cmp.Equal(c.Pods, []string{"p1"}) {
		t.Errorf("claim is %+v", c)
	}
	var got []string
	for _, d := range c.Devices {
		got = append(got, strings.Join([]string{d.Key, d.Request, d.Pool, d.Device, d.ShareID, string(d.Config.DeviceKind())}, " "))
	}
	want := []string{
		"d0 nic node1 netdev-virtual " + string(share) + " dummy",
		"d1 other node1 netdev-virtual  dummy",
		"d2 sub/big node1 netdev-virtual  dummy",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestConfigurationThatApplies(t *testing.T) {
	named := func(name string) string {
		return `{"type": "netdev", "netdev": {"kind": "dummy", "interfaceName": "` + name + `"}}`
	}
	open := `{"type": "netdev", "netdev": {"kind": "dummy", "interfaceName": "class0"}, "overridable": ["netdev"]}`
	for name, tt := range map[string]struct {
		configs []resourceapi.DeviceAllocationConfiguration
		request string
		want    string
	}{
		"no requests is all":               {configs(fromClaim(named("a0"))), "nic", "a0"},
		"the request":                      {configs(fromClaim(named("a0"), "nic"), fromClaim(named("b0"), "other")), "nic", "a0"},
		"the request of a subrequest":      {configs(fromClaim(named("a0"), "nic")), "nic/fast", "a0"},
		"the subrequest":                   {configs(fromClaim(named("a0"), "nic/slow"), fromClaim(named("b0"), "nic/fast")), "nic/fast", "b0"},
		"a later one of the claim":         {configs(fromClaim(named("a0")), fromClaim(named("b0"))), "nic", "b0"},
		"the claim's, when the class lets": {configs(fromClass(open), fromClaim(named("b0"))), "nic", "b0"},
		"the claim's, listed first":        {configs(fromClaim(named("b0")), fromClass(open)), "nic", "b0"},
		"not that of another driver": {configs(fromClaim(named("a0")),
			entry(resourceapi.AllocationConfigSourceClaim, "other.example.com", `{"x": 1}`)), "nic", "a0"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := decoder.Decode(allocated(tt.configs, tt.request))
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Devices[0].Config.Netdev.InterfaceName; got != tt.want {
				t.Errorf("got the configuration of %s, want that of %s", got, tt.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	kind := func(kind string) *resourceapi.ResourceClaim {
		return allocated(configs(fromClaim(`{"type": "netdev", "netdev": {"kind": "`+kind+`"}}`)), "nic")
	}
	foreign := allocated(configs(fromClaim(dummy)), "nic")
	foreign.Status.Allocation.Devices.Results[0].Device = "eth7"
	unallocated := allocated(nil)
	unallocated.Status.Allocation = nil
	addressed := allocated(configs(fromClaim(`{"type": "netdev", "netdev": {"kind": "dummy", "addresses": ["192.0.2.1/24"]}}`)), "nic")

	for name, tt := range map[string]struct {
		claim   *resourceapi.ResourceClaim
		decoder claim.Decoder
		want    string
	}{
		"no configuration": {allocated(nil, "nic"), decoder,
			`request "nic": parameters: Required value: the claim or its device class must configure the device, for example {"type": "netdev", "netdev": {"kind": "dummy"}}`},
		"a VF from the virtual device": {kind("sriov-vf"), decoder,
			`request "nic": netdev.kind: Invalid value: "sriov-vf": the allocated device is netdev-virtual, which cannot be a sriov-vf: request one that can, with the CEL selector device.attributes["dra.example.com"].kind == "sriov-vf"`},
		"roce from the virtual device": {allocated(configs(fromClaim(roce(`{"kind": "dummy"}`))), "nic"), decoder,
			`request "nic": combo.kind: Invalid value: "roce": the allocated device is netdev-virtual, which cannot be a roce: request one that can, with the CEL selector device.attributes["dra.example.com"].type == "rdma"`},
		"RDMA from the virtual device": {allocated(configs(fromClaim(`{"type": "rdma", "rdma": {"kind": "uverbs"}}`)), "nic"), decoder,
			`request "nic": rdma.kind: Invalid value: "uverbs": the allocated device is netdev-virtual, which cannot be a uverbs: request one that can, with the CEL selector device.attributes["dra.example.com"].type == "rdma"`},
		"a card from the virtual device": {kind("host-device"), decoder,
			`request "nic": netdev.kind: Invalid value: "host-device": the allocated device is netdev-virtual, which cannot be a host-device: request one that can, with the CEL selector device.attributes["dra.example.com"].kind == "host-device", or name a card of the node in netdev.hostDevice`},
		"a dummy from a VF": {onDevice("vf-0", dummy), withDevices,
			`request "nic": netdev.kind: Invalid value: "dummy": the allocated device is vf-0, which cannot be a dummy: request one that can, with the CEL selector device.attributes["dra.example.com"].kind == "virtual"`},
		"a VF from a card": {onDevice("nic-0", `{"type": "netdev", "netdev": {"kind": "sriov-vf"}}`), withDevices,
			`request "nic": netdev.kind: Invalid value: "sriov-vf": the allocated device is nic-0, which cannot be a sriov-vf: request one that can, with the CEL selector device.attributes["dra.example.com"].kind == "sriov-vf"`},
		"another card than the allocated": {onDevice("nic-0", `{"type": "netdev", "netdev": {"kind": "host-device", "hostDevice": "eth3"}}`), withDevices,
			`request "nic": netdev.hostDevice: Invalid value: "eth3": the allocated device nic-0 is eth2: leave it out, or name a card by claiming netdev-virtual`},
		"a device that is gone": {onDevice("vf-9", dummy), withDevices,
			`request "nic": device vf-9 is not on this node (any more), or netagent has not told of it yet`},
		"unknown device": {foreign, decoder,
			`request "nic": device eth7 is not on this node (any more), or netagent has not told of it yet`},
		"all that is wrong": {allocated(configs(fromClaim(`{"type": "x"}`, "a"), fromClaim(`{"type": "netdev"}`, "b")), "a", "b"), decoder,
			"request \"a\": type: Unsupported value: \"x\": supported values: \"netdev\", \"rdma\", \"combo\"\n" +
				"request \"b\": netdev: Required value: must be set, for example {\"kind\": \"dummy\"}"},
		"too many": {allocated(configs(fromClaim(dummy)), "a", "b", "c", "d", "e", "f", "g", "h", "i"), decoder,
			"the claim has 9 devices of dra.example.com, must have 1 to 8: spread more over several claims"},
		"not allocated": {unallocated, decoder, "the claim is not allocated"},
		"offloads without podlink": {allocated(configs(fromClaim(`{"type": "netdev", "netdev": {"kind": "dummy", "groMaxSize": 65536}}`)), "nic"), claim.Decoder{Driver: driver, NoPodlink: true},
			`request "nic": netdev.groMaxSize: Forbidden: podlink, which sets them in the pod, is turned off on this node`},
		"settings without podlink": {addressed, claim.Decoder{Driver: driver, NoPodlink: true},
			`request "nic": netdev.addresses: Forbidden: podlink, which sets them in the pod, is turned off on this node`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tt.decoder.Decode(tt.claim)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestDraft(t *testing.T) {
	c, err := decoder.Decode(allocated(configs(fromClaim(dummy)), "a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Draft(func(uid, key string) string { return uid + "-" + key })
	if err != nil {
		t.Fatal(err)
	}
	if !c.Matches(r) {
		t.Error("a claim does not match its own draft")
	}
	if got := r.Devices[1].CDI; got != uid+"-d1" {
		t.Errorf("CDI name is %s", got)
	}
	c.Devices[1].ShareID = "another"
	if c.Matches(r) {
		t.Error("another share of the device matches")
	}
}
