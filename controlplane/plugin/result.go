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
	"github.com/hawser-dra/hawser/controlplane/slices"
	"github.com/hawser-dra/hawser/controlplane/steps"
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

// Devices is the kubelet's view of a prepared claim. With attributes, each device
// has those that it is published with, for containers to read.
func Devices(driver string, r *record.Record, attributes bool) []kubeletplugin.Device {
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
		if attributes {
			addAttributes(&device, driver, r)
		}
		result = append(result, device)
	}
	return result
}

// addAttributes says what the device is; the virtual one is only its link.
func addAttributes(device *kubeletplugin.Device, driver string, r *record.Record) {
	node, ok := steps.NodeDevice(r, device.DeviceName)
	if !ok {
		return
	}
	if device.Metadata == nil {
		device.Metadata = &kubeletplugin.DeviceMetadata{}
	}
	device.Metadata.Attributes = map[string]resourceapi.DeviceAttribute{}
	for name, value := range slices.Attributes(context.Background(), driver, node) {
		device.Metadata.Attributes[string(name)] = value
	}
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
