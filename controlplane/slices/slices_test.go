package slices_test

import (
	"context"
	"fmt"
	"strings"
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
	at        []time.Time // of each
	err       error
}

func (n *node) WatchDevices() (<-chan struct{}, func()) { return n.changed, func() {} }

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
	n.at = append(n.at, time.Now())
	return n.err
}

// times are those at which the devices were published.
func (n *node) times() []time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.at
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
func run(t *testing.T, slots int64, f func(t *testing.T, n *node), change ...func(*slices.Config)) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{changed: make(chan struct{}, 1)}
		c := slices.Config{Driver: "dra.example.com", Node: "node1", Slots: slots, Inventory: n, Publisher: n}
		for _, set := range change {
			set(&c)
		}
		s := slices.New(c)
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

func TestRDMADevice(t *testing.T) {
	const want = `
name: rdma-0000-3b-00-0
allowMultipleAllocations: true
attributes:
  resource.kubernetes.io/pciBusID: { string: "0000:3b:00.0" }
  resource.kubernetes.io/pcieRoot: { string: "pci0000:3a" }
  resource.kubernetes.io/numaNode: { int: 1 }
  dra.example.com/type: { string: "rdma" }
  dra.example.com/kind: { string: "uverbs" }
  dra.example.com/ibdev: { string: "mlx5_0" }
  dra.example.com/nodeGUID: { string: "5054:00ff:feaa:0001" }
  dra.example.com/linkLayer: { string: "Ethernet" }
  dra.example.com/netdev: { string: "ens1" }
  dra.example.com/firmware: { string: "16.35.4030" }
  dra.example.com/portState: { string: "ACTIVE" }
  dra.example.com/netnsMode: { string: "shared" }
  dra.example.com/vendor: { string: "15b3" }
  dra.example.com/device: { string: "1017" }
  dra.example.com/driver: { string: "mlx5_core" }
capacity:
  dra.example.com/slots:
    value: "128"
    requestPolicy:
      default: "1"
`
	device := func(exclusive bool) *netagentv1.NodeDevice {
		return &netagentv1.NodeDevice{Name: "rdma-0000-3b-00-0", Device: &netagentv1.NodeDevice_Rdma{Rdma: &netagentv1.NodeRdmaDevice{
			Ibdev: "mlx5_0", NodeGuid: "5054:00ff:feaa:0001", LinkLayer: "Ethernet", Netdev: "ens1", Firmware: "16.35.4030",
			PortState: "ACTIVE", Exclusive: exclusive, Pci: &netagentv1.PciFunction{
				Address: "0000:3b:00.0", Root: "pci0000:3a", NumaNode: 1, VendorId: "15b3", DeviceId: "1017", Driver: "mlx5_core",
			},
		}}}
	}
	run(t, 0, func(t *testing.T, n *node) {
		n.change(true, virtual(512), device(false))
		synctest.Wait()
		devices := n.pool(t).Slices[0].Devices
		if len(devices) != 2 {
			t.Fatalf("devices are %v", devices)
		}
		if d := cmp.Diff(decode(t, []byte(want)), encode(t, devices[1])); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		n.change(true, virtual(512), device(true)) // which one claim can have
		n.count(t, 2)
		exclusive, _, _ := strings.Cut(strings.Replace(want, `"shared"`, `"exclusive"`, 1), "capacity:")
		exclusive = strings.Replace(exclusive, "allowMultipleAllocations: true\n", "", 1)
		if d := cmp.Diff(decode(t, []byte(exclusive)), encode(t, n.pool(t).Slices[0].Devices[1])); d != "" {
			t.Errorf("in exclusive mode: -want +got:\n%s", d)
		}
	})
}

// TestSoftRDMADevice has nothing to tell of what it does not have.
func TestSoftRDMADevice(t *testing.T) {
	run(t, 4, func(t *testing.T, n *node) {
		n.change(true, virtual(2), &netagentv1.NodeDevice{Name: "rdma-rxe0", Device: &netagentv1.NodeDevice_Rdma{Rdma: &netagentv1.NodeRdmaDevice{
			Ibdev: "rxe0", LinkLayer: "Ethernet",
		}}})
		synctest.Wait()
		d := n.pool(t).Slices[0].Devices[1]
		if slots := d.Capacity["dra.example.com/slots"].Value; slots.String() != "2" {
			t.Errorf("%s slots", slots.String())
		}
		if len(d.Attributes) != 5 { // type, kind, netnsMode, ibdev, linkLayer
			t.Errorf("attributes %v", d.Attributes)
		}
	})
}

func TestDevicesOfTheNode(t *testing.T) {
	function := &netagentv1.NodeDevice{Name: "vf-0000-3b-02-1", Device: &netagentv1.NodeDevice_Vf{Vf: &netagentv1.Vf{
		Pci:    &netagentv1.PciFunction{Address: "0000:3b:02.1", Root: "pci0000:3a", NumaNode: 1, VendorId: "8086", DeviceId: "1889", Driver: "iavf"},
		Parent: "ens1", VfIndex: 5, Link: "ens1v5", MacAddress: []byte{2, 0, 0, 0, 0, 1}, Carrier: true, Speed: 25000,
	}}}
	card := &netagentv1.NodeDevice{Name: "nic-vmbus-7", Device: &netagentv1.NodeDevice_Nic{Nic: &netagentv1.Nic{Link: "ens2", Mtu: 1500}}}
	const want = `
- name: vf-0000-3b-02-1
  attributes:
    dra.example.com/type: { string: "netdev" }
    dra.example.com/kind: { string: "sriov-vf" }
    dra.example.com/parent: { string: "ens1" }
    dra.example.com/vfIndex: { int: 5 }
    dra.example.com/pciAddress: { string: "0000:3b:02.1" }
    dra.example.com/vendor: { string: "8086" }
    dra.example.com/device: { string: "1889" }
    dra.example.com/driver: { string: "iavf" }
    dra.example.com/speed: { int: 25000 }
    dra.example.com/carrier: { bool: true }
    dra.example.com/macAddress: { string: "02:00:00:00:00:01" }
    resource.kubernetes.io/pciBusID: { string: "0000:3b:02.1" }
    resource.kubernetes.io/pcieRoot: { string: "pci0000:3a" }
    resource.kubernetes.io/numaNode: { int: 1 }
- name: nic-vmbus-7
  attributes:
    dra.example.com/type: { string: "netdev" }
    dra.example.com/kind: { string: "host-device" }
    dra.example.com/hostDevice: { string: "ens2" }
    dra.example.com/carrier: { bool: false }
`
	run(t, 0, func(t *testing.T, n *node) {
		n.change(true, function, card, virtual(512))
		n.count(t, 1)
		devices := n.pool(t).Slices[0].Devices
		if devices[0].Name != "netdev-virtual" {
			t.Errorf("the first device is %s", devices[0].Name)
		}
		b, err := json.Marshal(devices[1:])
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(decode(t, []byte(want)), decode(t, b)); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
	})
}

// TestManyDevices are cut into slices of at most 64, none left out.
func TestManyDevices(t *testing.T) {
	run(t, 0, func(t *testing.T, n *node) {
		devices := []*netagentv1.NodeDevice{virtual(512)}
		for i := range 130 {
			devices = append(devices, &netagentv1.NodeDevice{Name: fmt.Sprintf("nic-%03d", i),
				Device: &netagentv1.NodeDevice_Nic{Nic: &netagentv1.Nic{Link: fmt.Sprintf("eth%d", i)}}})
		}
		n.change(true, devices...)
		n.count(t, 1)
		names := map[string]bool{}
		var sizes []int
		for _, s := range n.pool(t).Slices {
			sizes = append(sizes, len(s.Devices))
			for _, d := range s.Devices {
				names[d.Name] = true
			}
		}
		if len(names) != 131 || fmt.Sprint(sizes) != "[64 64 3]" {
			t.Errorf("%d devices in slices of %v", len(names), sizes)
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
