package tracing_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/hawser-dra/hawser/telemetry/tracing"
)

const claim = "6f0b8a44-97e2-4d2c-8d5f-000000000001"

// collector is one that keeps what it gets, or does what a test wants.
type collector struct {
	upload func(ctx context.Context) error

	mu    sync.Mutex
	spans []*tracepb.Span
	attrs map[string]string // of the resource
}

func (c *collector) Start(context.Context) error { return nil }
func (c *collector) Stop(context.Context) error  { return nil }

func (c *collector) UploadTraces(ctx context.Context, list []*tracepb.ResourceSpans) error {
	if c.upload != nil {
		return c.upload(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range list {
		c.attrs = map[string]string{}
		for _, a := range r.GetResource().GetAttributes() {
			c.attrs[a.GetKey()] = a.GetValue().GetStringValue()
		}
		for _, s := range r.GetScopeSpans() {
			c.spans = append(c.spans, s.GetSpans()...)
		}
	}
	return nil
}

func start(t *testing.T, c *collector, sampler sdktrace.Sampler, log *slog.Logger) *tracing.Provider {
	t.Helper()
	p, err := tracing.New(t.Context(), tracing.Config{
		Service: "hawser-test", Node: "node1", Client: c, Sampler: sampler, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTraceOfAClaim(t *testing.T) {
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "service.version=v9")
	var c collector
	p := start(t, &c, sdktrace.AlwaysSample(), slog.Default())
	refused := errors.New("refused: lo")
	for range 2 { // each piece is a root of the one trace
		ctx, span := tracing.StartClaim(t.Context(), p.Own(), claim, "piece")
		if err := tracing.Do(ctx, "step", func(context.Context) error { return refused }); !errors.Is(err, refused) {
			t.Errorf("Do returned %v", err)
		}
		tracing.End(span, nil)
	}
	p.Close()
	if len(c.spans) != 4 {
		t.Fatalf("%d spans arrived, want 4", len(c.spans))
	}
	for i, s := range c.spans {
		if id := tracing.ClaimTrace(claim); !bytes.Equal(s.GetTraceId(), id[:]) {
			t.Errorf("span %s is in trace %x", s.GetName(), s.GetTraceId())
		}
		if isRoot := len(s.GetParentSpanId()) == 0; isRoot != (i%2 == 1) {
			t.Errorf("span %s has parent %x", s.GetName(), s.GetParentSpanId())
		}
	}
	if s := c.spans[0].GetStatus(); s.GetCode() != tracepb.Status_STATUS_CODE_ERROR || s.GetMessage() != refused.Error() {
		t.Errorf("status of the step is %v", s)
	}
	for k, want := range map[string]string{"service.name": "hawser-test", "service.version": "v9", "k8s.node.name": "node1"} {
		if c.attrs[k] != want {
			t.Errorf("resource has %s %q, want %q", k, c.attrs[k], want)
		}
	}
	if p.Lost() != 0 {
		t.Errorf("%d spans lost", p.Lost())
	}
}

func TestNotAUUID(t *testing.T) {
	var c collector
	p := start(t, &c, sdktrace.AlwaysSample(), slog.Default())
	_, span := tracing.StartClaim(t.Context(), p.Own(), "no uuid", "piece")
	if !span.SpanContext().TraceID().IsValid() {
		t.Error("no trace")
	}
	p.Close()
}

func TestWithoutATraceNothingHappens(t *testing.T) {
	ctx, span := tracing.Start(t.Context(), "step")
	tracing.End(span, errors.New("x"))
	if ctx != t.Context() || span.SpanContext().IsValid() {
		t.Error("a step of nothing has a span")
	}
	off := tracing.Off()
	_, span = tracing.StartClaim(t.Context(), off.Own(), claim, "piece")
	off.Close()
	if span.IsRecording() || off.Lost() != 0 {
		t.Error("a provider that is off does something")
	}
}

// A collector that does not answer costs whoever traces nothing, not even at
// the end; what finds no room is counted and said once.
func TestSlowCollector(t *testing.T) {
	t.Setenv("OTEL_BSP_MAX_QUEUE_SIZE", "8")
	t.Setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2")
	var gaveUp atomic.Int64
	c := collector{upload: func(ctx context.Context) error { <-ctx.Done(); gaveUp.Add(1); return ctx.Err() }}
	var log bytes.Buffer
	p := start(t, &c, sdktrace.AlwaysSample(), slog.New(slog.NewTextHandler(&log, nil)))
	for range 1000 {
		_, span := tracing.StartClaim(t.Context(), p.Own(), claim, "piece")
		span.End()
	}
	if n := gaveUp.Load(); n > 0 {
		t.Errorf("a thousand spans ended after the collector had been given up %d times, want before", n)
	}
	if lost := p.Lost(); lost != 1000-8 {
		t.Errorf("%d spans counted as lost, want 992", lost)
	}
	p.Close()
	if lost := p.Lost(); lost < 1000 {
		t.Errorf("%d spans counted as lost in the end, want all", lost)
	}
	if n := strings.Count(log.String(), "spans are lost"); n != 1 {
		t.Errorf("said %d times:\n%s", n, &log)
	}
}

func TestDeadCollector(t *testing.T) {
	c := collector{upload: func(context.Context) error { return errors.New("connection refused") }}
	var log bytes.Buffer
	p := start(t, &c, sdktrace.AlwaysSample(), slog.New(slog.NewTextHandler(&log, nil)))
	_, span := tracing.StartClaim(t.Context(), p.Own(), claim, "piece")
	span.End()
	p.Close()
	if p.Lost() != 1 || !strings.Contains(log.String(), "connection refused") {
		t.Errorf("%d lost, said %s", p.Lost(), &log)
	}
}
