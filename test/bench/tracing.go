package bench

import (
	"context"
	"maps"
	"slices"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// Nodes that differ in tracing.
const (
	untraced   = "tracing off"
	sampledOut = "sampled out"
	traced     = "tracing on"
)

// tracing measures prepares on a node without tracing, beside one that leaves all
// claims out and one that traces all, and counts the spans of a claim.
func (p *place) tracing(ctx context.Context) (report.Group, error) {
	sink, err := rig.NewSink()
	if err != nil {
		return report.Group{}, err
	}
	defer sink.Close()
	on := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + sink.Endpoint(), "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}
	g, err := p.variants(ctx, "A claim of one veth, beside the same on a node without tracing. The collector takes the spans and drops them.",
		variant{name: untraced},
		variant{sampledOut, rig.NodeConfig{Env: append(slices.Clone(on), "OTEL_TRACES_SAMPLER=always_off")}},
		variant{traced, rig.NodeConfig{Env: on}})
	if err != nil {
		return g, err
	}
	// The last spans wait for their batch.
	if err := rest(ctx, settled+sdktrace.DefaultScheduleDelay*time.Millisecond); err != nil {
		return g, err
	}
	spans := sink.Spans()
	for _, name := range slices.Sorted(maps.Keys(spans)) {
		g.Counts = append(g.Counts, report.Count{Name: "span: " + name, Value: float64(spans[name]) / float64(p.Rounds), Unit: "a claim"})
	}
	return g, nil
}
