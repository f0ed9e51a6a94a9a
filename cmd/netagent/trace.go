package main

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/hawser-dra/hawser/telemetry/logging"
	"github.com/hawser-dra/hawser/telemetry/otlpsocket"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// startTracing makes spans go to the driver's relay on socket. It begins no
// trace of its own: what is traced, the driver has decided at the claim, and
// without its decision there is nothing to send.
func startTracing(ctx context.Context, socket string) (*tracing.Provider, error) {
	if socket == "" {
		return tracing.Off(), nil
	}
	return tracing.New(ctx, tracing.Config{
		Service: "hawser-netagent",
		Client:  otlpsocket.New(socket),
		Sampler: sdktrace.ParentBased(sdktrace.NeverSample()),
		Log:     logging.From(ctx),
	})
}
