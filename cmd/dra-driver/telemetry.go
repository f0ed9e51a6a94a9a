package main

import (
	"context"
	"errors"

	"github.com/hawser-dra/hawser/controlplane"
	"github.com/hawser-dra/hawser/telemetry/collector"
	"github.com/hawser-dra/hawser/telemetry/logging"
	"github.com/hawser-dra/hawser/telemetry/metrics"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// newTelemetry returns how the driver is watched: metrics always, traces when
// the environment names a collector. The caller owes Tracing a Close.
func newTelemetry(ctx context.Context, o options, getenv func(string) string) (controlplane.Telemetry, error) {
	t := controlplane.Telemetry{MetricsAddress: o.metricsAddress, RelaySocket: o.traceSocket, Tracing: tracing.Off()}
	var err error
	if t.Metrics, err = metrics.New(); err != nil || !collector.Named(getenv) {
		return t, err
	}
	// Two clients, for each is closed by who uses it.
	client, err := collector.Client(getenv)
	relayTo, relayErr := collector.Client(getenv)
	sampler, samplerErr := tracing.Sampler(getenv)
	if err := errors.Join(err, relayErr, samplerErr); err != nil {
		return t, err
	}
	if o.traceSocket != "" {
		t.RelayTo = relayTo
	}
	t.Tracing, err = tracing.New(ctx, tracing.Config{
		Service: "hawser-driver", Node: o.node, Client: client, Sampler: sampler, Log: logging.From(ctx),
	})
	return t, err
}
