package controlplane_test

import (
	"encoding/json"
	"net"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc"
	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	drapb "k8s.io/kubelet/pkg/apis/dra/v1"

	"github.com/hawser-dra/hawser/api/report"
)

func newClaim() *resourceapi.ResourceClaim {
	parameters, _ := json.Marshal(map[string]any{"type": "netdev", "netdev": map[string]any{
		"kind": "dummy", "interfaceName": "net1", "addresses": []string{"192.0.2.10/24"},
	}})
	return &resourceapi.ResourceClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "data", Namespace: "default", UID: uid},
		Spec: resourceapi.ResourceClaimSpec{Devices: resourceapi.DeviceClaim{Requests: []resourceapi.DeviceRequest{
			{Name: "nic", Exactly: &resourceapi.ExactDeviceRequest{DeviceClassName: "network-devices"}},
		}}},
		Status: resourceapi.ResourceClaimStatus{
			ReservedFor: []resourceapi.ResourceClaimConsumerReference{{Resource: "pods", Name: "pod", UID: "pod1"}},
			Allocation: &resourceapi.AllocationResult{Devices: resourceapi.DeviceAllocationResult{
				Results: []resourceapi.DeviceRequestAllocationResult{{Request: "nic", Driver: driver, Pool: "node1", Device: "netdev-virtual"}},
				Config: []resourceapi.DeviceAllocationConfiguration{{
					Source: resourceapi.AllocationConfigSourceClaim,
					DeviceConfiguration: resourceapi.DeviceConfiguration{Opaque: &resourceapi.OpaqueDeviceConfiguration{
						Driver: driver, Parameters: runtime.RawExtension{Raw: parameters},
					}},
				}},
			}},
		},
	}
}

func (n *node) slices() []resourceapi.ResourceSlice {
	n.t.Helper()
	list, err := n.client.ResourceV1().ResourceSlices().List(n.t.Context(), metav1.ListOptions{})
	if err != nil {
		n.t.Fatal(err)
	}
	return list.Items
}

func (n *node) prepare() {
	n.t.Helper()
	resp, err := n.kubelet().NodePrepareResources(n.t.Context(), &drapb.NodePrepareResourcesRequest{
		Claims: []*drapb.Claim{{Uid: uid, Namespace: "default", Name: "data"}},
	}, grpc.WaitForReady(true))
	if err != nil {
		n.t.Fatal(err)
	}
	got := resp.GetClaims()[uid]
	if len(got.GetDevices()) != 1 || got.GetError() != "" || got.GetDevices()[0].GetCdiDeviceIds()[0] != device {
		n.t.Fatalf("prepared %v", got)
	}
}

// tryPrepare returns what the kubelet is told of a claim that fails.
func (n *node) tryPrepare() string {
	n.t.Helper()
	resp, err := n.kubelet().NodePrepareResources(n.t.Context(), &drapb.NodePrepareResourcesRequest{
		Claims: []*drapb.Claim{{Uid: uid, Namespace: "default", Name: "data"}},
	}, grpc.WaitForReady(true))
	if err != nil {
		n.t.Fatal(err)
	}
	return resp.GetClaims()[uid].GetError()
}

func (n *node) unprepare() {
	n.t.Helper()
	resp, err := n.kubelet().NodeUnprepareResources(n.t.Context(), &drapb.NodeUnprepareResourcesRequest{
		Claims: []*drapb.Claim{{Uid: uid, Namespace: "default", Name: "data"}},
	}, grpc.WaitForReady(true))
	if err != nil || resp.GetClaims()[uid].GetError() != "" {
		n.t.Fatalf("unprepared %v, %v", resp, err)
	}
}

// report says what podlink says.
func (n *node) report(address string) {
	n.t.Helper()
	c, err := net.Dial("unixgram", filepath.Join(n.cfg.PluginDir, report.SocketName))
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	b, err := report.Report{
		ClaimUID: uid, Device: "d0", Outcome: report.Ready, Interface: "net1", Addresses: []string{address},
		Start: time.Now(), End: time.Now(),
	}.Marshal()
	if err == nil {
		_, err = c.Write(b)
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

// status says whether the claim's status has the address and InPod.
func (n *node) status(address string) bool {
	n.t.Helper()
	c, err := n.client.ResourceV1().ResourceClaims("default").Get(n.t.Context(), "data", metav1.GetOptions{})
	if err != nil {
		n.t.Fatal(err)
	}
	b, _ := json.Marshal(c.Status.Devices)
	return strings.Contains(string(b), address) && strings.Contains(string(b), "InPod")
}
