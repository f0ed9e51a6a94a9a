// Package ready measures what a user waits for: from the kubelet's call for a
// claim to the device being ready in the pod, as podlink reports it.
//
// It is one measure for each device and each preparing of its claim: restarts of
// containers report again and are not counted. It holds nothing across a restart
// of the driver, and a report that is lost is a measure less.
package ready

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/api/report"
	"github.com/hawser-dra/hawser/controlplane/handler"
	"github.com/hawser-dra/hawser/telemetry/metrics"
)

// Clock runs for claims that are prepared and not ready in their pod.
type Clock struct {
	histogram metric.Float64Histogram

	mu      sync.Mutex
	waiting map[string]waiting // by claim UID
}

type waiting struct {
	began time.Time
	kinds map[string]string // of devices that are not ready, by key
}

// New returns a clock that writes to h.
func New(h metric.Float64Histogram) *Clock {
	return &Clock{histogram: h, waiting: map[string]waiting{}}
}

// Prepared starts the clock for a claim's devices.
func (c *Clock) Prepared(r *record.Record, began time.Time) {
	w := waiting{began: began, kinds: map[string]string{}}
	for i := range r.Devices {
		w.kinds[r.Devices[i].Key] = handler.KindOf(&r.Devices[i])
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting[r.Claim.UID] = w
}

// Forget stops it.
func (c *Clock) Forget(claimUID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, claimUID)
}

// InPod takes the time of a device that is ready for the first time.
func (c *Clock) InPod(ctx context.Context, rep report.Report) {
	if rep.Outcome != report.Ready {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.waiting[rep.ClaimUID]
	kind, ok := w.kinds[rep.Device]
	if !ok {
		return
	}
	delete(w.kinds, rep.Device)
	if len(w.kinds) == 0 {
		delete(c.waiting, rep.ClaimUID)
	}
	// The clock may have been set back meanwhile.
	c.histogram.Record(ctx, max(rep.End.Sub(w.began), 0).Seconds(), metric.WithAttributes(metrics.Kind.String(kind)))
}
