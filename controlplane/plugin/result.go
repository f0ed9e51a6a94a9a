package plugin

import (
	"context"
	"errors"
	"strings"
	"sync"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// results are gathered from calls that run side by side.
type results[T any] struct {
	mu  sync.Mutex
	all map[types.UID]T
}

func (r *results[T]) set(uid types.UID, result T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[types.UID]T{}
	}
	r.all[uid] = result
}

// devices is the kubelet's view of a prepared claim.
func devices(r *record.Record) []kubeletplugin.Device {
	result := make([]kubeletplugin.Device, 0, len(r.Devices))
	for i := range r.Devices {
		d := &r.Devices[i]
		device := kubeletplugin.Device{
			Requests:     []string{d.Request},
			PoolName:     d.Pool,
			DeviceName:   d.Device,
			CDIDeviceIDs: []string{d.CDI},
		}
		if d.ShareID != "" {
			id := types.UID(d.ShareID)
			device.ShareID = &id
		}
		if d.Link != nil {
			device.Metadata = &kubeletplugin.DeviceMetadata{NetworkData: networkData(d.Link)}
		}
		result = append(result, device)
	}
	return result
}

func networkData(l *record.Link) *resourceapi.NetworkDeviceData {
	return &resourceapi.NetworkDeviceData{InterfaceName: l.Name, HardwareAddress: l.MAC, IPs: l.CIDRs()}
}

// failed reports a claim that is not prepared, to the log and to the kubelet,
// which puts it into the pod's events.
func failed(ctx context.Context, err error) kubeletplugin.PrepareResult {
	err = sentence(err)
	logging.From(ctx).Error("Prepare failed, the kubelet will try again", "err", err)
	return kubeletplugin.PrepareResult{Err: err}
}

// sentence makes one line of joined errors.
func sentence(err error) error {
	return errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
}
