package tracing

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// gate lets a bounded number of spans wait for export, and counts those that it
// turns away: the SDK's batch processor drops spans as well, but tells nobody.
type gate struct {
	sdktrace.SpanProcessor
	room    int64
	waiting *atomic.Int64
	lost    *losses
}

func newGate(e sdktrace.SpanExporter, lost *losses) *gate {
	g := &gate{waiting: new(atomic.Int64), lost: lost}
	g.SpanProcessor = sdktrace.NewBatchSpanProcessor(
		outlet{SpanExporter: e, waiting: g.waiting, lost: lost},
		func(o *sdktrace.BatchSpanProcessorOptions) {
			o.BlockOnQueueFull = false
			g.room = int64(o.MaxQueueSize)
		})
	return g
}

// OnEnd never waits.
func (g *gate) OnEnd(s sdktrace.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	if g.waiting.Add(1) > g.room {
		g.waiting.Add(-1)
		g.lost.add(1, "too many wait to be sent")
		return
	}
	g.SpanProcessor.OnEnd(s)
}

// outlet makes room again when spans have left, whether they arrived or not. An
// error is counted and logged here, and goes no further: the SDK would print it
// each time.
type outlet struct {
	sdktrace.SpanExporter
	waiting *atomic.Int64
	lost    *losses
}

func (o outlet) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	defer o.waiting.Add(-int64(len(spans)))
	if err := o.SpanExporter.ExportSpans(ctx, spans); err != nil {
		o.lost.add(len(spans), err.Error())
	}
	return nil
}

// lossEvery is how often losses are logged: a collector that is down says
// nothing new.
const lossEvery = time.Minute

// losses counts spans that were not delivered.
type losses struct {
	log   *slog.Logger
	total atomic.Int64

	mu   sync.Mutex
	last time.Time
}

func (l *losses) add(n int, why string) {
	total := l.total.Add(int64(n))
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.last) < lossEvery {
		return
	}
	l.last = time.Now()
	l.log.Warn("spans are lost: traces have gaps, claims do not suffer", "lost", total, "cause", why)
}
