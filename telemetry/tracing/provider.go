package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/hawser-dra/hawser/internal/version"
)

// flushTime bounds what is still sent when the process stops.
const flushTime = 2 * time.Second

// Config is how a process traces.
type Config struct {
	// Service is the process's service.name, unless OTEL_SERVICE_NAME or
	// OTEL_RESOURCE_ATTRIBUTES name another.
	Service string
	// Node is k8s.node.name; optional.
	Node string
	// Client sends spans. Without one nothing is traced.
	Client otlptrace.Client
	// Sampler decides which traces are recorded.
	Sampler sdktrace.Sampler
	// Log is told of spans that are lost.
	Log *slog.Logger
}

// Provider makes a process's spans and sends them.
type Provider struct {
	trace.TracerProvider
	sdk  *sdktrace.TracerProvider // nil: off
	gate *gate
	lost *losses
}

// Off is a Provider that traces nothing.
func Off() *Provider { return &Provider{TracerProvider: noop.NewTracerProvider()} }

// New returns a Provider. The caller owes a Close. How many spans may wait, and
// for how long, follows OTEL_BSP_*.
func New(ctx context.Context, c Config) (*Provider, error) {
	if c.Client == nil {
		return Off(), nil
	}
	about, err := describe(ctx, c)
	if err != nil {
		return nil, err
	}
	exporter, err := otlptrace.New(ctx, c.Client)
	if err != nil {
		return nil, fmt.Errorf("trace exporter: %w", err)
	}
	lost := &losses{log: c.Log}
	gate := newGate(exporter, lost)
	sdk := sdktrace.NewTracerProvider(
		sdktrace.WithResource(about),
		sdktrace.WithIDGenerator(ids{}),
		sdktrace.WithSampler(c.Sampler),
		sdktrace.WithSpanProcessor(gate),
	)
	return &Provider{TracerProvider: sdk, sdk: sdk, gate: gate, lost: lost}, nil
}

// describe says which process it is. What an operator sets in the environment
// wins.
func describe(ctx context.Context, c Config) (*resource.Resource, error) {
	attrs := []attribute.KeyValue{
		attribute.String("service.name", c.Service),
		attribute.String("service.version", version.Version),
	}
	if c.Node != "" {
		attrs = append(attrs, attribute.String("k8s.node.name", c.Node))
	}
	r, err := resource.New(ctx, resource.WithAttributes(attrs...), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, fmt.Errorf("trace resource: %w", err)
	}
	return r, nil
}

// On says whether anything can be traced.
func (p *Provider) On() bool { return p.sdk != nil }

// Own returns the tracer of Hawser's own spans.
func (p *Provider) Own() trace.Tracer { return p.Tracer(Scope) }

// Lost is how many spans were not delivered.
func (p *Provider) Lost() int64 {
	if p.lost == nil {
		return 0
	}
	return p.lost.total.Load()
}

// Close sends what waits, for a short while. What is not sent by then is lost,
// which is counted and logged and no failure of the process.
func (p *Provider) Close() {
	if p.sdk == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	if err := p.sdk.Shutdown(ctx); err != nil {
		p.lost.add(int(p.gate.waiting.Load()), "not sent before the end: "+err.Error())
	}
}
