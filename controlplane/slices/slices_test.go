package slices_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/dynamic-resource-allocation/resourceslice"
	"sigs.k8s.io/yaml"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/slices"
)

// node is an inventory that a test changes and a publisher that remembers.
type node struct {
	mu        sync.Mutex
	devices   []*netagentv1.NodeDevice
	unsynced  bool
	changed   chan struct{}
	published []resourceslice.DriverResources
	err       error
}

func (n *node) DevicesChanged() <-chan struct{} { return n.changed }

func (n *node) Synced() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return !n.unsynced
}

func (n *node) Devices() []*netagentv1.NodeDevice {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.devices
}

func (n *node) PublishResources(_ context.Context, r resourceslice.DriverResources) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.published = append(n.published, r)
	return n.err
}

func (n *node) change(synced bool, devices ...*netagentv1.NodeDevice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.unsynced, n.devices = !synced, devices
	select {
	case n.changed <- struct{}{}:
	default:
	}
}

func virtual(limit uint32) *netagentv1.NodeDevice {
	return &netagentv1.NodeDevice{Name: "virtual", Device: &netagentv1.NodeDevice_VirtualLinks{
		VirtualLinks: &netagentv1.VirtualLinks{MaxAttachments: limit},
	}}
}

// run calls f beside a running Slices, in a bubble of fake time.
func run(t *testing.T, slots int64, f func(t *testing.T, n *node)) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{changed: make(chan struct{}, 1)}
		s := slices.New(slices.Config{
			Driver: "dra.example.com", Node: "node1", Slots: slots, Inventory: n, Publisher: n,
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		f(t, n)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func (n *node) pool(t *testing.T) resourceslice.Pool {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.published) == 0 {
		t.Fatal("nothing is published")
	}
	last := n.published[len(n.published)-1]
	pool, ok := last.Pools["node1"]
	if !ok || len(last.Pools) != 1 {
		t.Fatalf("pools are %v", last.Pools)
	}
	return pool
}

func (n *node) count(t *testing.T, want int) {
	t.Helper()
	time.Sleep(time.Minute)
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.published) != want {
		t.Errorf("published %d times, want %d", len(n.published), want)
	}
}

func TestVirtualDevice(t *testing.T) {
	const want = `
name: netdev-virtual
allowMultipleAllocations: true
attributes:
  dra.example.com/type: { string: "netdev" }
  dra.example.com/kind: { string: "virtual" }
capacity:
  dra.example.com/slots:
    value: "128"
    requestPolicy:
      default: "1"
`
	run(t, 0, func(t *testing.T, n *node) {
		n.change(true, virtual(512))
		synctest.Wait() // the first time nothing is gathered
		s := n.pool(t).Slices
		if len(s) != 1 || len(s[0].Devices) != 1 {
			t.Fatalf("slices are %v", s)
		}
		if d := cmp.Diff(decode(t, []byte(want)), encode(t, s[0].Devices[0])); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
	})
}

func encode(t *testing.T, d resourceapi.Device) any {
	t.Helper()
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, b)
}

func decode(t *testing.T, b []byte) (v any) {
	t.Helper()
	if err := yaml.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSlotsAreClamped(t *testing.T) {
	for _, tc := range []struct {
		slots int64
		limit uint32
		want  string
	}{{0, 512, "128"}, {300, 512, "300"}, {1000, 512, "512"}, {512, 512, "512"}} {
		run(t, tc.slots, func(t *testing.T, n *node) {
			n.change(true, virtual(tc.limit))
			n.count(t, 1)
			got := n.pool(t).Slices[0].Devices[0].Capacity["dra.example.com/slots"].Value
			if got.String() != tc.want {
				t.Errorf("%d slots with a limit of %d are published as %s", tc.slots, tc.limit, got.String())
			}
		})
	}
}

func TestNothingIsWrittenBeforeTheSync(t *testing.T) {
	run(t, 0, func(t *testing.T, n *node) {
		n.count(t, 0)
		n.change(false, virtual(512))
		n.count(t, 0)
		n.change(true, virtual(512))
		n.count(t, 1)
	})
}

func TestEqualContentIsNotWritten(t *testing.T) {
	run(t, 0, func(t *testing.T, n *node) {
		for range 3 {
			n.change(true, virtual(512))
			n.count(t, 1)
		}
		n.change(true, virtual(64))
		n.count(t, 2)
	})
}

func TestChangesAreGathered(t *testing.T) {
	run(t, 0, func(t *testing.T, n *node) {
		n.change(true, virtual(512))
		n.count(t, 1)
		for limit := range uint32(9) {
			n.change(true, virtual(10+limit))
			time.Sleep(100 * time.Millisecond)
		}
		n.count(t, 2)
	})
}

func TestEmptyPoolIsPublished(t *testing.T) {
	run(t, 0, func(t *testing.T, n *node) {
		n.change(true)
		n.count(t, 1)
		if s := n.pool(t).Slices; len(s) != 1 || len(s[0].Devices) != 0 {
			t.Errorf("slices are %v, want an empty one", s)
		}
		n.change(true)
		n.count(t, 1)
	})
}

func TestFailureEndsRun(t *testing.T) {
	n := &node{changed: make(chan struct{}, 1), err: fmt.Errorf("no such node")}
	n.change(true, virtual(512))
	err := slices.New(slices.Config{Driver: "d", Node: "node1", Inventory: n, Publisher: n}).Run(t.Context())
	if err == nil || err.Error() != "publish devices: no such node" {
		t.Errorf("got %v", err)
	}
}
