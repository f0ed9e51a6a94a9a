// Package metrics has the driver's metrics: OpenTelemetry instruments, read
// through its Prometheus exporter. They are counted whether anybody reads them
// or not, and measurements that are made within a trace carry its ID as an
// exemplar, which is the claim's UID.
//
// Attribute values come from small fixed sets (kinds, outcomes, locations):
// nothing that a claim can choose becomes one.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/hawser-dra/hawser/internal/version"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// The attributes.
const (
	Kind     = attribute.Key("kind")
	Outcome  = attribute.Key("outcome")
	Location = attribute.Key("location")
	Version  = attribute.Key("version")
)

// Several is the kind of a claim whose devices are of more than one, and Unknown
// of what is not understood.
const (
	Several = "several"
	Unknown = "unknown"
)

// Metrics are the driver's instruments and what makes those of its libraries.
type Metrics struct {
	metric.MeterProvider
	registry *prometheus.Registry

	Prepare, Unprepare, Ready            metric.Float64Histogram
	SpecRewrites, LinksRemade            metric.Int64Counter
	Orphans, SliceWrites                 metric.Int64Counter
	attachments, relayDropped, spansLost metric.Int64Observable
	build                                metric.Int64Observable
}

// New returns metrics that can be read.
func New() (*Metrics, error) {
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry), exporter.WithoutScopeInfo(), exporter.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithView(calls()))
	m := &Metrics{MeterProvider: provider, registry: registry}
	return m, m.create()
}

// Off returns metrics that nobody reads.
func Off() *Metrics {
	m := &Metrics{MeterProvider: noop.NewMeterProvider()}
	_ = m.create() // the instruments of noop are never refused
	return m
}

func (m *Metrics) create() error {
	f := factory{meter: m.Meter(tracing.Scope)}
	m.Prepare = f.duration("hawser.prepare.duration", "From the kubelet's call to the answer for one claim.")
	m.Unprepare = f.duration("hawser.unprepare.duration", "From the kubelet's call to the answer for one claim.")
	m.Ready = f.duration("hawser.ready.duration", "From the kubelet's call to the device being ready in the pod.")
	m.SpecRewrites = f.counter("hawser.spec.rewrites", "CDI specs that were changed after their claim was prepared.")
	m.LinksRemade = f.counter("hawser.links.remade", "Links that were lost with a pod's namespace and made again.")
	m.Orphans = f.counter("hawser.orphans", "Claims that were gone and whose remains were taken away.")
	m.SliceWrites = f.counter("hawser.slice.writes", "Times that the node's devices were published.")
	m.attachments = f.gauge("hawser.attachments", "Devices of claims on the node.")
	m.relayDropped = f.total("hawser.relay.dropped", "Spans of netagent that the relay did not deliver.")
	m.spansLost = f.total("hawser.spans.lost", "Spans of the driver that were not delivered.")
	m.build = f.gauge("hawser.build.info", "Always 1; its label is the driver's version.")
	return errors.Join(f.errs...)
}

// Observed are the values that are looked up when somebody reads.
type Observed struct {
	Attachments             func() map[Attachments]int64
	RelayDropped, SpansLost func() int64
}

// Attachments is a group of attachments that are counted together.
type Attachments struct {
	Kind, Location string
}

// Observe makes the values part of what is read. It is called once.
func (m *Metrics) Observe(o Observed) error {
	_, err := m.Meter(tracing.Scope).RegisterCallback(func(_ context.Context, to metric.Observer) error {
		for group, n := range o.Attachments() {
			to.ObserveInt64(m.attachments, n, metric.WithAttributes(Kind.String(group.Kind), Location.String(group.Location)))
		}
		to.ObserveInt64(m.relayDropped, o.RelayDropped())
		to.ObserveInt64(m.spansLost, o.SpansLost())
		to.ObserveInt64(m.build, 1, metric.WithAttributes(Version.String(version.Version)))
		return nil
	}, m.attachments, m.relayDropped, m.spansLost, m.build)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}

// Handler answers a scrape, with exemplars for who asks for OpenMetrics.
func (m *Metrics) Handler() http.Handler {
	if m.registry == nil {
		return http.NotFoundHandler()
	}
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

// CommonKind is what all kinds are.
func CommonKind(kinds []string) string {
	kinds = slices.Compact(slices.Clone(kinds))
	switch {
	case len(kinds) > 1:
		return Several
	case len(kinds) == 1 && kinds[0] != "":
		return kinds[0]
	}
	return Unknown
}

// Duration measures since began, by kind and by whether err is nil.
func Duration(ctx context.Context, h metric.Float64Histogram, began time.Time, kind string, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "error"
	}
	h.Record(ctx, time.Since(began).Seconds(), metric.WithAttributes(Kind.String(kind), Outcome.String(outcome)))
}
