package podreport

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/hawser-dra/hawser/api/report"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// trace makes the span that podlink, which has no network, cannot send: with the
// times at which podlink itself began and ended, by the same machine's clock.
func (l *Listener) trace(ctx context.Context, r report.Report) context.Context {
	ctx, span := tracing.StartClaim(ctx, l.tracer, r.ClaimUID, "podlink",
		trace.WithTimestamp(r.Start),
		trace.WithAttributes(
			attribute.String("hawser.device.key", r.Device),
			attribute.String("hawser.podlink.outcome", string(r.Outcome)),
			attribute.String("hawser.interface.name", r.Interface),
			attribute.StringSlice("hawser.interface.addresses", r.Addresses),
		))
	if r.Error != "" {
		tracing.Fail(span, errors.New(r.Error))
	}
	span.End(trace.WithTimestamp(r.End))
	return ctx
}
