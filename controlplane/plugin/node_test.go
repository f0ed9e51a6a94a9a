package plugin_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"
	cdilib "tags.cncf.io/container-device-interface/pkg/cdi"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/cdi"
	"github.com/hawser-dra/hawser/controlplane/checkpoint"
	"github.com/hawser-dra/hawser/controlplane/claim"
	"github.com/hawser-dra/hawser/controlplane/plugin"
	"github.com/hawser-dra/hawser/controlplane/steps"
	"github.com/hawser-dra/hawser/internal/claimlock"
	"github.com/hawser-dra/hawser/internal/fakeagent"
)

const driver = "dra.example.com"

// node is a node that drivers come and go on.
type node struct {
	agent  *fakeagent.Agent
	cdi    string
	state  string
	status *status
	// devices are the node's own.
	devices map[string]*netagentv1.NodeDevice
}

// device finds what the test has put on the node, or the RDMA device.
func (n *node) device(name string) *netagentv1.NodeDevice {
	if d := n.devices[name]; d != nil {
		return d
	}
	return device(name)
}

// newNode has the RDMA device rxe0 over eth1, beside what needs no device.
func newNode(t testing.TB) *node {
	dir := t.TempDir()
	agent := &fakeagent.Agent{}
	agent.AddRDMA("rxe0", 0)
	return &node{
		agent: agent, cdi: filepath.Join(dir, "cdi"), state: filepath.Join(dir, "state"),
		status: &status{},
	}
}

// start starts a driver. Wrap may put something between it and the node.
func (n *node) start(t testing.TB, wrap func(*steps.Steps)) *plugin.Plugin {
	t.Helper()
	records, err := checkpoint.Open(t.Context(), n.state)
	if err != nil {
		t.Fatal(err)
	}
	specs, err := cdi.New(cdi.Config{Driver: driver, Dir: n.cdi, Podlink: "/podlink", RecordPath: records.Path})
	if err != nil {
		t.Fatal(err)
	}
	s := &steps.Steps{Agent: n.agent, Records: records, Specs: specs, HostNetns: 1}
	if wrap != nil {
		wrap(s)
	}
	return plugin.New(plugin.Config{
		Driver: driver, Device: n.device, Steps: s, Records: records, CDI: specs.DeviceID, Locks: &claimlock.Locks{}, Status: n.status,
	})
}

// device finds the one device that the node has.
func device(name string) *netagentv1.NodeDevice {
	if name != "rdma-rxe0" {
		return nil
	}
	return &netagentv1.NodeDevice{Name: name, Device: &netagentv1.NodeDevice_Rdma{Rdma: &netagentv1.NodeRdmaDevice{
		Ibdev: "rxe0", LinkLayer: "Ethernet", Netdev: "eth1",
	}}}
}

// listed returns what the runtime would move for a device: its name on the
// host, or "" when there is nothing to move.
func (n *node) listed(t testing.TB, id string) string {
	t.Helper()
	cache, err := cdilib.NewCache(cdilib.WithSpecDirs(n.cdi), cdilib.WithAutoRefresh(false))
	if err != nil {
		t.Fatal(err)
	}
	d := cache.GetDevice(id)
	if d == nil {
		t.Fatalf("the runtime does not find %s: %v", id, cache.GetErrors())
	}
	if len(d.ContainerEdits.NetDevices) == 0 {
		return ""
	}
	return d.ContainerEdits.NetDevices[0].HostInterfaceName
}

// left lists everything that is on the node.
func (n *node) left(t testing.TB) (left []string) {
	t.Helper()
	for _, a := range n.agent.AllAttachments() {
		left = append(left, "attachment "+a.GetClaimUid()+" "+a.GetKey())
	}
	for _, dir := range []string{n.cdi, n.state} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			left = append(left, e.Name())
		}
	}
	return left
}

func newClaim(ordinal int, pod string, parameters ...string) *resourceapi.ResourceClaim {
	rc := &resourceapi.ResourceClaim{ObjectMeta: metav1.ObjectMeta{
		Namespace: "ns", Name: fmt.Sprintf("c%d", ordinal), UID: types.UID(fmt.Sprintf("6f0b8a44-97e2-4d2c-8d5f-%012d", ordinal)),
	}}
	rc.Status.ReservedFor = []resourceapi.ResourceClaimConsumerReference{{Resource: "pods", UID: types.UID(pod)}}
	rc.Status.Allocation = &resourceapi.AllocationResult{}
	devices := &rc.Status.Allocation.Devices
	for i, p := range parameters {
		request := fmt.Sprintf("r%d", i)
		share := types.UID(fmt.Sprintf("5a1f0d86-0c2c-4f6b-%04d-%012d", i, ordinal))
		devices.Results = append(devices.Results, resourceapi.DeviceRequestAllocationResult{
			Request: request, Driver: driver, Pool: "node1", Device: claim.VirtualDevice, ShareID: &share,
		})
		devices.Config = append(devices.Config, resourceapi.DeviceAllocationConfiguration{
			Source: resourceapi.AllocationConfigSourceClaim, Requests: []string{request},
			DeviceConfiguration: resourceapi.DeviceConfiguration{Opaque: &resourceapi.OpaqueDeviceConfiguration{
				Driver: driver, Parameters: runtime.RawExtension{Raw: []byte(`{"type": "netdev", "netdev": ` + p + `}`)},
			}},
		})
	}
	return rc
}

func prepare(t testing.TB, p *plugin.Plugin, claims ...*resourceapi.ResourceClaim) map[types.UID]kubeletplugin.PrepareResult {
	t.Helper()
	results, err := p.PrepareResourceClaims(t.Context(), claims)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(claims) {
		t.Fatalf("%d results for %d claims", len(results), len(claims))
	}
	return results
}

func mustPrepare(t testing.TB, p *plugin.Plugin, claims ...*resourceapi.ResourceClaim) map[types.UID]kubeletplugin.PrepareResult {
	t.Helper()
	results := prepare(t, p, claims...)
	for uid, r := range results {
		if r.Err != nil {
			t.Fatalf("%s: %v", uid, r.Err)
		}
	}
	return results
}

func unprepare(t testing.TB, p *plugin.Plugin, claims ...*resourceapi.ResourceClaim) {
	t.Helper()
	results, err := p.UnprepareResourceClaims(t.Context(), objects(claims))
	if err != nil {
		t.Fatal(err)
	}
	for uid, err := range results {
		if err != nil {
			t.Errorf("%s: %v", uid, err)
		}
	}
	if len(results) != len(claims) {
		t.Errorf("%d results for %d claims", len(results), len(claims))
	}
}

func objects(claims []*resourceapi.ResourceClaim) (o []kubeletplugin.NamespacedObject) {
	for _, c := range claims {
		o = append(o, kubeletplugin.NamespacedObject{
			NamespacedName: types.NamespacedName{Namespace: c.Namespace, Name: c.Name}, UID: c.UID,
		})
	}
	return o
}

// breakRecords makes every record unreadable.
func (n *node) breakRecords(t testing.TB) {
	t.Helper()
	records, err := filepath.Glob(filepath.Join(n.state, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := os.Truncate(r, 10); err != nil {
			t.Fatal(err)
		}
	}
}
