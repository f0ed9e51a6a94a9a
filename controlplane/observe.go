package controlplane

import (
	"context"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/report"
	"github.com/hawser-dra/hawser/controlplane/handler"
	"github.com/hawser-dra/hawser/controlplane/inventory"
	"github.com/hawser-dra/hawser/controlplane/podreport"
	"github.com/hawser-dra/hawser/controlplane/relay"
	"github.com/hawser-dra/hawser/controlplane/scrape"
	"github.com/hawser-dra/hawser/telemetry/logging"
	"github.com/hawser-dra/hawser/telemetry/metrics"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// Telemetry is how the driver is watched. All of it is optional.
type Telemetry struct {
	Tracing *tracing.Provider
	Metrics *metrics.Metrics
	// MetricsAddress is where metrics can be read over TCP, besides the health
	// socket.
	MetricsAddress string
	// RelaySocket is where netagent's spans are taken, for RelayTo to send.
	RelaySocket string
	RelayTo     otlptrace.Client
}

func (t Telemetry) withDefaults() Telemetry {
	if t.Tracing == nil {
		t.Tracing = tracing.Off()
	}
	if t.Metrics == nil {
		t.Metrics = metrics.Off()
	}
	return t
}

// watchCalls makes a span and a measure of each Attach and Detach. A Watch lasts
// as long as netagent.
func (t Telemetry) watchCalls() grpc.DialOption {
	return grpc.WithStatsHandler(otelgrpc.NewClientHandler(
		otelgrpc.WithTracerProvider(t.Tracing),
		otelgrpc.WithMeterProvider(t.Metrics),
		otelgrpc.WithPropagators(tracing.Propagator),
		otelgrpc.WithFilter(func(call *stats.RPCTagInfo) bool {
			return call.FullMethodName != netagentv1.NetAgent_Watch_FullMethodName
		}),
	))
}

// observe makes what others know part of the metrics.
func (p *parts) observe(ctx context.Context) error {
	t := p.cfg.Telemetry
	dropped := func() int64 { return 0 }
	if t.RelayTo != nil {
		p.relay = relay.New(relay.Config{
			Socket: t.RelaySocket, Client: t.RelayTo, Node: p.cfg.NodeName, Log: logging.From(ctx),
		})
		dropped = p.relay.Dropped
	}
	p.health.Handle(scrape.Path, t.Metrics.Handler())
	return t.Metrics.Observe(metrics.Observed{
		Attachments: p.countAttachments, RelayDropped: dropped, SpansLost: t.Tracing.Lost,
	})
}

// runRelay relays netagent's spans, if there is somewhere to send them.
func (p *parts) runRelay(ctx context.Context) error {
	if p.relay == nil {
		return nil
	}
	return p.relay.Run(ctx)
}

func (p *parts) serveMetrics(ctx context.Context) error {
	return scrape.Run(ctx, p.cfg.Telemetry.MetricsAddress, p.cfg.Telemetry.Metrics.Handler())
}

// countAttachments counts by kind, which records know, and location, which
// netagent knows. A combination counts with each of its parts.
func (p *parts) countAttachments() map[metrics.Attachments]int64 {
	kinds := map[string]string{}
	for _, r := range p.records.All() {
		for i := range r.Devices {
			for _, key := range handler.Keys(&r.Devices[i]) {
				kinds[r.Claim.UID+key] = handler.KindOf(&r.Devices[i])
			}
		}
	}
	counts := map[metrics.Attachments]int64{}
	for _, a := range p.inventory.AllAttachments() {
		kind, ok := kinds[a.GetClaimUid()+a.GetKey()]
		if !ok {
			kind = metrics.Unknown
		}
		counts[metrics.Attachments{Kind: kind, Location: inventory.LocationName(a.GetLocation())}]++
	}
	return counts
}

// sinks all hear podlink's reports.
type sinks []podreport.Sink

func (s sinks) InPod(ctx context.Context, r report.Report) {
	for _, sink := range s {
		sink.InPod(ctx, r)
	}
}

// forgetters all hear that a claim is gone.
type forgetters []interface{ Forget(claimUID string) }

func (f forgetters) Forget(claimUID string) {
	for _, one := range f {
		one.Forget(claimUID)
	}
}
