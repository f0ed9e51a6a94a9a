package devicehealth_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/devicehealth"
)

// node is an inventory that a test changes, with the records of one claim.
type node struct {
	mu       sync.Mutex
	devices  []*netagentv1.NodeDevice
	unsynced bool
	changed  chan struct{}
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

func (n *node) All() []*record.Record {
	return []*record.Record{{Devices: []record.Device{{Device: "netdev-virtual"}, {Device: "vf-0000-3b-02-1"}}}}
}

func (n *node) set(synced bool, devices ...*netagentv1.NodeDevice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.devices, n.unsynced = devices, !synced
	select {
	case n.changed <- struct{}{}:
	default:
	}
}

func virtual() *netagentv1.NodeDevice {
	return &netagentv1.NodeDevice{Name: "virtual", Device: &netagentv1.NodeDevice_VirtualLinks{VirtualLinks: &netagentv1.VirtualLinks{}}}
}

func vf(down bool) *netagentv1.NodeDevice {
	return &netagentv1.NodeDevice{Name: "vf-0000-3b-02-1", Device: &netagentv1.NodeDevice_Vf{Vf: &netagentv1.Vf{Parent: "eth1", LinkDown: down}}}
}

func hca(state string) *netagentv1.NodeDevice {
	return &netagentv1.NodeDevice{Name: "rdma-mlx5-0", Device: &netagentv1.NodeDevice_Rdma{Rdma: &netagentv1.NodeRdmaDevice{Ibdev: "mlx5_0", PortState: state}}}
}

// run calls f beside a Watch, in a bubble of fake time.
func run(t *testing.T, f func(t *testing.T, n *node, reports <-chan kubeletplugin.DeviceHealthReport)) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{changed: make(chan struct{}, 1), unsynced: true}
		r := devicehealth.Reporter{Pool: "node1", Inventory: n, Records: n}
		ctx, cancel := context.WithCancel(t.Context())
		reports, done := make(chan kubeletplugin.DeviceHealthReport), make(chan error)
		go func() { done <- r.Watch(ctx, reports) }()
		f(t, n, reports)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Watch: %v", err)
		}
	})
}

// next is what the next report says of each device: empty for one that is healthy.
func next(t *testing.T, reports <-chan kubeletplugin.DeviceHealthReport) map[string]string {
	t.Helper()
	faults := map[string]string{}
	for _, d := range (<-reports).Devices {
		if d.PoolName != "node1" || !d.LastUpdated.Equal(time.Now()) || (d.Health == kubeletplugin.HealthStatusHealthy) != (d.Message == "") {
			t.Errorf("reported: %+v", d)
		}
		if _, twice := faults[d.DeviceName]; twice {
			t.Errorf("%s is reported twice", d.DeviceName)
		}
		faults[d.DeviceName] = d.Message
	}
	return faults
}

func TestWatch(t *testing.T) {
	const noCarrier = "the card eth1, whose virtual function this is, has no carrier"
	for what, c := range map[string]struct {
		devices []*netagentv1.NodeDevice
		want    map[string]string
	}{
		"all is well":      {[]*netagentv1.NodeDevice{hca("ACTIVE"), vf(false), virtual()}, map[string]string{"rdma-mlx5-0": "", "vf-0000-3b-02-1": "", "netdev-virtual": ""}},
		"no carrier":       {[]*netagentv1.NodeDevice{vf(true), virtual()}, map[string]string{"vf-0000-3b-02-1": noCarrier, "netdev-virtual": ""}},
		"a port down":      {[]*netagentv1.NodeDevice{hca("DOWN"), vf(false), virtual()}, map[string]string{"rdma-mlx5-0": "the port of mlx5_0 is DOWN", "vf-0000-3b-02-1": "", "netdev-virtual": ""}},
		"a device is gone": {[]*netagentv1.NodeDevice{virtual()}, map[string]string{"vf-0000-3b-02-1": "the node has this device no more", "netdev-virtual": ""}},
	} {
		t.Run(what, func(t *testing.T) {
			run(t, func(t *testing.T, n *node, reports <-chan kubeletplugin.DeviceHealthReport) {
				n.set(true, c.devices...)
				if diff := cmp.Diff(c.want, next(t, reports)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		})
	}
}

// TestWatchSendsAgain: the kubelet forgets after 30 s. Nothing is vouched for that
// is not seen.
func TestWatchSendsAgain(t *testing.T) {
	run(t, func(t *testing.T, n *node, reports <-chan kubeletplugin.DeviceHealthReport) {
		began := time.Now()
		n.set(true, virtual(), vf(false))
		for range 10 {
			next(t, reports)
		}
		if took := time.Since(began); took > 100*time.Second {
			t.Errorf("10 reports took %v", took)
		}
		n.set(false, virtual(), vf(false))
		select {
		case r := <-reports:
			t.Errorf("reported without netagent: %+v", r)
		case <-time.After(time.Hour):
		}
		n.set(true, virtual(), vf(true))
		if got := next(t, reports); got["vf-0000-3b-02-1"] == "" {
			t.Errorf("after netagent is back: %v", got)
		}
	})
}
