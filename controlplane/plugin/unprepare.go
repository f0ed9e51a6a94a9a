package plugin

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"

	"github.com/hawser-dra/hawser/controlplane/handler"
	"github.com/hawser-dra/hawser/telemetry/logging"
	"github.com/hawser-dra/hawser/telemetry/metrics"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// UnprepareResourceClaims takes the claims away, side by side.
func (p *Plugin) UnprepareResourceClaims(ctx context.Context, claims []kubeletplugin.NamespacedObject) (map[types.UID]error, error) {
	r := results[error]{}
	var wg sync.WaitGroup
	for _, c := range claims {
		wg.Go(func() { r.set(c.UID, p.unprepareOne(ctx, c)) })
	}
	wg.Wait()
	return r.all, nil
}

// unprepareOne takes one claim away and says so.
func (p *Plugin) unprepareOne(ctx context.Context, o kubeletplugin.NamespacedObject) error {
	call := p.begin(ctx, "NodeUnprepare", o, time.Now())
	err := p.unprepare(call, string(o.UID))
	call.end(p.config.Metrics.Unprepare, err)
	if err != nil {
		logging.From(call.ctx).Error("Unprepare failed, the kubelet will try again", "err", err)
		return sentence(err)
	}
	p.forget(string(o.UID))
	logging.From(call.ctx).Log(call.ctx, logging.Call, "Unprepared")
	return nil
}

func (p *Plugin) unprepare(call *call, claimUID string) error {
	unlock, err := p.lock(call.ctx, claimUID)
	if err != nil {
		return err
	}
	defer unlock()
	call.kind = p.recordedKind(call.ctx, claimUID)
	return p.config.Steps.Detach(call.ctx, claimUID)
}

// recordedKind is for the metrics alone: a record that cannot be read is in
// nobody's way.
func (p *Plugin) recordedKind(ctx context.Context, claimUID string) string {
	began := time.Now()
	r, err := p.config.Records.Get(claimUID)
	tracing.Was(ctx, "read record", began, time.Now(), err)
	if r == nil {
		return metrics.Unknown
	}
	return handler.RecordedKind(r)
}
