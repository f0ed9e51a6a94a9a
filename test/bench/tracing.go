package bench

import (
	"context"
	"maps"
	"slices"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/hawser-dra/hawser/test/bench/measure"
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
// claims out and one that traces all.
func (p *place) tracing(ctx context.Context) (report.Group, error) {
	sink, err := rig.NewSink()
	if err != nil {
		return report.Group{}, err
	}
	defer sink.Close()
	on := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + sink.Endpoint(), "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}
	nodes := []struct {
		name string
		env  []string
	}{{untraced, nil}, {sampledOut, append(on, "OTEL_TRACES_SAMPLER=always_off")}, {traced, on}}
	var steps []measure.Step
	var rows []row
	for _, c := range nodes {
		n, err := p.newCalled(ctx, rig.NodeConfig{Env: c.env})
		if err != nil {
			return report.Group{}, err
		}
		defer n.close()
		claims, err := n.node.Claims(ctx, 1, veth.devices(1)...)
		if err != nil {
			return report.Group{}, err
		}
		steps = append(steps, n.both(c.name, claims[0])...)
		if c.name == untraced {
			continue
		}
		rows = append(rows, row{prepareRow(c.name), []string{prepareRow(untraced)}}, row{unprepareRow(c.name), []string{unprepareRow(untraced)}})
	}
	samples, err := measure.Rounds(ctx, p.Rounds, steps...)
	if err != nil {
		return report.Group{}, err
	}
	// The last spans wait for their batch.
	if err := rest(ctx, settled+sdktrace.DefaultScheduleDelay*time.Millisecond); err != nil {
		return report.Group{}, err
	}
	g, err := groupOf("A claim of one veth, beside the same on a node without tracing. The collector takes the spans and drops them.", samples, rows...)
	spans := sink.Spans()
	for _, name := range slices.Sorted(maps.Keys(spans)) {
		g.Counts = append(g.Counts, report.Count{Name: "span: " + name, Value: float64(spans[name]) / float64(p.Rounds), Unit: "a claim"})
	}
	return g, err
}
