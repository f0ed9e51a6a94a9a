package plugin

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"

	"github.com/hawser-dra/hawser/controlplane/claim"
	"github.com/hawser-dra/hawser/telemetry/logging"
	"github.com/hawser-dra/hawser/telemetry/metrics"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// call is one claim of a call of the kubelet: its log, its trace and its measure.
type call struct {
	ctx   context.Context // for what is done for this claim
	span  trace.Span
	began time.Time
	kind  string
}

type arrival struct{}

// Intercept is a gRPC interceptor for the helper's server. It notes when a call
// came: the helper reads the claims from the API server before the plugin is
// called, and that is part of what the kubelet waits for.
func Intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	return next(context.WithValue(ctx, arrival{}, time.Now()), req)
}

// begin begins a piece of a claim's life, now or when the kubelet's call came. The
// caller owes end.
func (p *Plugin) begin(ctx context.Context, what string, o kubeletplugin.NamespacedObject, now time.Time) *call {
	began, known := ctx.Value(arrival{}).(time.Time)
	if !known {
		began = now
	}
	name, uid := o.Namespace+"/"+o.Name, string(o.UID)
	ctx = logging.With(ctx, "claim", name, "claimUID", uid)
	ctx, span := tracing.StartClaim(ctx, p.config.Tracer, uid, what, trace.WithTimestamp(began),
		trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(tracing.ClaimName.String(name)))
	return &call{ctx: ctx, span: span, began: began, kind: metrics.Unknown}
}

// end ends it, with its error if it failed.
func (c *call) end(h metric.Float64Histogram, err error) {
	metrics.Duration(c.ctx, h, c.began, c.kind, err)
	tracing.End(c.span, err)
}

// kindOf is the kind that a claim's devices have in common.
func kindOf(c *claim.Claim) string {
	var kinds []string
	for _, d := range c.Devices {
		kinds = append(kinds, string(d.Config.DeviceKind()))
	}
	return metrics.CommonKind(kinds)
}
