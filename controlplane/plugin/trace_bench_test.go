package plugin_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/agent"
	"github.com/hawser-dra/hawser/controlplane/cdi"
	"github.com/hawser-dra/hawser/controlplane/checkpoint"
	"github.com/hawser-dra/hawser/controlplane/internal/fakeagent"
	"github.com/hawser-dra/hawser/controlplane/plugin"
	"github.com/hawser-dra/hawser/controlplane/steps"
	"github.com/hawser-dra/hawser/internal/claimlock"
	"github.com/hawser-dra/hawser/telemetry/metrics"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// served is a netagent that does nothing, over a real socket.
type served struct {
	netagentv1.UnimplementedNetAgentServer
	fakeagent.Agent
}

func (s *served) Attach(ctx context.Context, req *netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
	return s.Agent.Attach(ctx, req)
}

func (s *served) Detach(ctx context.Context, req *netagentv1.DetachRequest) (*netagentv1.DetachResponse, error) {
	return &netagentv1.DetachResponse{}, s.Agent.Detach(ctx, req.GetClaimUid())
}

// startTraced starts a driver and a netagent, both of which trace.
func startTraced(b *testing.B, traces *tracing.Provider) *plugin.Plugin {
	b.Helper()
	dir, err := os.MkdirTemp("", "hw")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "netagent.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		b.Fatal(err)
	}
	options := []otelgrpc.Option{otelgrpc.WithTracerProvider(traces), otelgrpc.WithPropagators(tracing.Propagator)}
	server := grpc.NewServer(grpc.StatsHandler(otelgrpc.NewServerHandler(options...)))
	netagentv1.RegisterNetAgentServer(server, &served{})
	go func() { _ = server.Serve(l) }()
	b.Cleanup(server.Stop)
	client, err := agent.New(socket, grpc.WithStatsHandler(otelgrpc.NewClientHandler(options...)))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Close() })
	records, err := checkpoint.Open(b.Context(), filepath.Join(dir, "state"))
	if err != nil {
		b.Fatal(err)
	}
	specs, err := cdi.New(cdi.Config{Driver: driver, Dir: filepath.Join(dir, "cdi"), Podlink: "/podlink", RecordPath: records.Path})
	if err != nil {
		b.Fatal(err)
	}
	measures, err := metrics.New()
	if err != nil {
		b.Fatal(err)
	}
	return plugin.New(plugin.Config{
		Driver: driver, Records: records, CDI: specs.DeviceID, Locks: &claimlock.Locks{},
		Steps:  &steps.Steps{Agent: client, Records: records, Specs: specs, HostNetns: 1},
		Tracer: traces.Own(), Metrics: measures,
	})
}

// nowhere takes spans and forgets them.
type nowhere struct{}

func (nowhere) Start(context.Context) error                                  { return nil }
func (nowhere) Stop(context.Context) error                                   { return nil }
func (nowhere) UploadTraces(context.Context, []*tracepb.ResourceSpans) error { return nil }

func sampled(b *testing.B, s sdktrace.Sampler) *tracing.Provider {
	b.Helper()
	p, err := tracing.New(b.Context(), tracing.Config{Service: "bench", Client: nowhere{}, Sampler: s, Log: slog.Default()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.Close)
	return p
}

// BenchmarkTracing is what traces cost one claim that comes and goes, without
// the API server and the kernel, as ratios to a driver that does not trace. The
// three take turns, so that what else the machine does meets all of them.
func BenchmarkTracing(b *testing.B) {
	modes := []struct {
		name   string
		traces *tracing.Provider
	}{
		{"off", tracing.Off()},
		{"sampled-out", sampled(b, sdktrace.NeverSample())},
		{"on", sampled(b, sdktrace.AlwaysSample())},
	}
	var drivers []*plugin.Plugin
	for _, mode := range modes {
		drivers = append(drivers, startTraced(b, mode.traces))
	}
	c := newClaim(1, "mine", `{"kind": "dummy"}`)
	took := make([]time.Duration, len(modes))
	for turn := 0; b.Loop(); turn++ {
		for k := range drivers {
			i := (turn + k) % len(drivers)
			began := time.Now()
			mustPrepare(b, drivers[i], c)
			unprepare(b, drivers[i], c)
			took[i] += time.Since(began)
		}
	}
	for i, mode := range modes {
		b.ReportMetric(float64(took[i].Microseconds())/float64(b.N), mode.name+"-µs/op")
		b.ReportMetric(float64(took[i])/float64(took[0]), mode.name+"-x")
	}
}
