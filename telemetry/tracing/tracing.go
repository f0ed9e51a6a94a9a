// Package tracing gives both processes one way to trace: OpenTelemetry spans,
// of which those about a claim are in the trace whose ID is the claim's UID.
//
// Spans begin in two ways. A piece of a claim's life (a call of the kubelet, a
// link that is followed, podlink's run) begins with [StartClaim] as a root of
// the claim's trace: the pieces have no common parent, because there is no
// moment at which a claim's life is known to be over, and a parent that is never
// sent would be shown as missing. A step of such a piece begins with [Start] or
// [Do] and finds its parent, and with it everything else, in the context.
//
// A context without a trace that is recorded costs nothing: callers never ask
// whether tracing is on. Nothing here waits for whoever collects the spans.
package tracing

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Scope is the instrumentation scope of Hawser's own spans and metrics.
const Scope = "github.com/hawser-dra/hawser"

// Propagator carries a trace over netagent's socket. There is no baggage: a
// request says all that netagent is to know.
var Propagator propagation.TextMapPropagator = propagation.TraceContext{}

// Start begins a step of what ctx is traced with. The caller owes [End].
func Start(ctx context.Context, name string, attrs ...attribute.KeyValue) (context.Context, trace.Span) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, noop.Span{}
	}
	return parent.TracerProvider().Tracer(Scope).Start(ctx, name, trace.WithAttributes(attrs...))
}

// End ends a span. An error becomes its status, with the reason.
func End(span trace.Span, err error) {
	Fail(span, err)
	span.End()
}

// Fail marks a span as failed, unless err is nil.
func Fail(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
}

// Was makes a step of what has been done already, for one that was measured
// otherwise.
func Was(ctx context.Context, name string, from, to time.Time, err error) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return
	}
	_, span := parent.TracerProvider().Tracer(Scope).Start(ctx, name, trace.WithTimestamp(from))
	Fail(span, err)
	span.End(trace.WithTimestamp(to))
}

// Do is Start, step and End.
func Do(ctx context.Context, name string, step func(context.Context) error, attrs ...attribute.KeyValue) error {
	ctx, span := Start(ctx, name, attrs...)
	err := step(ctx)
	End(span, err)
	return err
}
