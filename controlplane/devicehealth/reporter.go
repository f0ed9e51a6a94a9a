package devicehealth

import (
	"context"
	"time"

	"k8s.io/dynamic-resource-allocation/kubeletplugin"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/claim"
)

// resend is how often everything is reported although nothing changed: the kubelet
// forgets what it has not heard for 30 s.
const resend = 10 * time.Second

// Inventory is what netagent says of the node.
type Inventory interface {
	// Synced says whether Devices is complete and followed.
	Synced() bool
	Devices() []*netagentv1.NodeDevice
	// WatchDevices returns a channel that holds a token now and after each change.
	WatchDevices() (changed <-chan struct{}, stop func())
}

// Records are those of prepared claims.
type Records interface {
	All() []*record.Record
}

// Reporter reports devices' health. It may be used concurrently.
type Reporter struct {
	// Pool is the name of the node's pool.
	Pool      string
	Inventory Inventory
	Records   Records
}

// Watch reports all devices, now, after each change and every ten seconds, until
// ctx ends.
func (r *Reporter) Watch(ctx context.Context, reports chan<- kubeletplugin.DeviceHealthReport) error {
	changed, stop := r.Inventory.WatchDevices()
	defer stop()
	again := time.NewTicker(resend)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-again.C:
		}
		if !r.Inventory.Synced() {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case reports <- r.report(time.Now()):
		}
	}
}

// report is the health of what the node has, and of what claims have that the node
// has no more.
func (r *Reporter) report(now time.Time) kubeletplugin.DeviceHealthReport {
	var report kubeletplugin.DeviceHealthReport
	there := map[string]bool{}
	add := func(name, fault string) {
		there[name] = true
		d := kubeletplugin.DeviceHealth{
			PoolName: r.Pool, DeviceName: name, LastUpdated: now,
			Health: kubeletplugin.HealthStatusHealthy, Message: fault,
		}
		if fault != "" {
			d.Health = kubeletplugin.HealthStatusUnhealthy
		}
		report.Devices = append(report.Devices, d)
	}
	for _, d := range r.Inventory.Devices() {
		name := d.GetName()
		if d.GetVirtualLinks() != nil {
			name = claim.VirtualDevice
		}
		add(name, LinkFault(d))
	}
	for _, rec := range r.Records.All() {
		for i := range rec.Devices {
			if name := rec.Devices[i].Device; !there[name] {
				add(name, "the node has this device no more")
			}
		}
	}
	return report
}
