package relay

import (
	"context"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// sayEvery is how often losses are logged, in seconds.
const sayEvery = 60

// send sends what waits until nothing more can come. After ctx has ended there
// is not much time left for it.
func (r *Relay) send(ctx context.Context) {
	end, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lingerTime+flushTime, cancel) })
	defer stop()
	for spans := range r.waiting {
		r.deliver(end, spans)
	}
}

func (r *Relay) deliver(ctx context.Context, spans []*tracepb.ResourceSpans) {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	if err := r.config.Client.UploadTraces(ctx, spans); err != nil {
		r.drop(spans, err.Error())
	}
}

// drop counts spans that are not delivered, and says so now and then.
func (r *Relay) drop(spans []*tracepb.ResourceSpans, why string) {
	n := int64(0)
	for _, resource := range spans {
		for _, scope := range resource.GetScopeSpans() {
			n += int64(len(scope.GetSpans()))
		}
	}
	total := r.dropped.Add(n)
	now, said := time.Now().Unix(), r.said.Load()
	if now-said >= sayEvery && r.said.CompareAndSwap(said, now) {
		r.config.Log.Warn("spans of netagent are lost: traces have gaps, claims do not suffer", "lost", total, "cause", why)
	}
}
