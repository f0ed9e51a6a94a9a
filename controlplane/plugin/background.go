package plugin

import (
	"context"
	"errors"
	"time"

	"k8s.io/dynamic-resource-allocation/kubeletplugin"
	"k8s.io/dynamic-resource-allocation/resourceslice"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// HandleError reports an error in the background, most often of publishing
// ResourceSlices. One that does not go away by itself ends the driver.
func (p *Plugin) HandleError(ctx context.Context, err error, msg string) {
	log := logging.From(ctx)
	var dropped *resourceslice.DroppedFieldsError
	switch {
	case errors.As(err, &dropped):
		log.Error("The API server dropped fields of a ResourceSlice: devices cannot be allocated as they should until its features are enabled",
			"pool", dropped.PoolName, "slice", dropped.SliceIndex, "disabled", dropped.DisabledFeatures(), "err", err)
	case errors.Is(err, kubeletplugin.ErrRecoverable):
		log.Error(msg, "err", err)
	default:
		log.Error(msg+": this cannot be recovered from", "err", err)
		if p.config.Fatal != nil {
			p.config.Fatal(err)
		}
	}
}

// WatchHealthStatus tells the kubelet how the node's devices are.
func (p *Plugin) WatchHealthStatus(ctx context.Context, reports chan<- kubeletplugin.DeviceHealthReport) error {
	if p.config.Health == nil {
		return kubeletplugin.ErrHealthNotSupported
	}
	return p.config.Health.Watch(ctx, reports)
}

func (p *Plugin) prepared(ctx context.Context, r *record.Record, began time.Time) {
	if p.config.Status != nil {
		p.config.Status.Prepared(ctx, r)
	}
	if p.config.Ready != nil {
		p.config.Ready.Prepared(r, began)
	}
}

func (p *Plugin) forget(claimUID string) {
	if p.config.Status != nil {
		p.config.Status.Forget(claimUID)
	}
	if p.config.Ready != nil {
		p.config.Ready.Forget(claimUID)
	}
}
