package server

import (
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/metric/noop"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// traced makes a span of each Attach and Detach, in the trace of the caller. A
// Watch lasts as long as the driver, and a probe is nobody's.
func traced(c Config) []grpc.ServerOption {
	if c.Tracer == nil {
		return nil
	}
	return []grpc.ServerOption{grpc.StatsHandler(otelgrpc.NewServerHandler(
		otelgrpc.WithTracerProvider(c.Tracer),
		otelgrpc.WithPropagators(tracing.Propagator),
		otelgrpc.WithMeterProvider(noop.NewMeterProvider()),
		otelgrpc.WithFilter(ofClaim),
	))}
}

func ofClaim(call *stats.RPCTagInfo) bool {
	return call.FullMethodName == netagentv1.NetAgent_Attach_FullMethodName ||
		call.FullMethodName == netagentv1.NetAgent_Detach_FullMethodName
}
