package controlplane_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// collector keeps the spans that it gets.
type collector struct {
	mu    sync.Mutex
	spans []*tracepb.Span
}

func (c *collector) Start(context.Context) error { return nil }
func (c *collector) Stop(context.Context) error  { return nil }

func (c *collector) UploadTraces(_ context.Context, list []*tracepb.ResourceSpans) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range list {
		for _, s := range r.GetScopeSpans() {
			c.spans = append(c.spans, s.GetSpans()...)
		}
	}
	return nil
}

func (c *collector) named(name string) (list []*tracepb.Span) {
	for _, s := range c.spans {
		if s.GetName() == name {
			list = append(list, s)
		}
	}
	return list
}

// covered is which part of a span's time its children cover together.
func (c *collector) covered(parent *tracepb.Span) float64 {
	var children []*tracepb.Span
	for _, s := range c.spans {
		if string(s.GetParentSpanId()) == string(parent.GetSpanId()) {
			children = append(children, s)
		}
	}
	slices.SortFunc(children, func(a, b *tracepb.Span) int {
		return int(a.GetStartTimeUnixNano()) - int(b.GetStartTimeUnixNano())
	})
	sum, reached := uint64(0), parent.GetStartTimeUnixNano()
	for _, s := range children {
		if s.GetEndTimeUnixNano() > reached {
			sum += s.GetEndTimeUnixNano() - max(reached, s.GetStartTimeUnixNano())
			reached = s.GetEndTimeUnixNano()
		}
	}
	return float64(sum) / float64(parent.GetEndTimeUnixNano()-parent.GetStartTimeUnixNano())
}

// trace makes the driver's spans arrive at a collector. Close sends the last.
func (n *node) trace() (c *collector, traces *tracing.Provider) {
	n.t.Helper()
	c = &collector{}
	traces, err := tracing.New(n.t.Context(), tracing.Config{
		Service: "hawser-driver", Client: c, Sampler: sdktrace.AlwaysSample(), Log: slog.Default(),
	})
	if err != nil {
		n.t.Fatal(err)
	}
	n.cfg.Telemetry.Tracing = traces
	return c, traces
}

// TestTraceOfALife takes a claim from its preparing to its end, and finds all
// of it in one trace.
func TestTraceOfALife(t *testing.T) {
	n := newNode(t)
	spans, traces := n.trace()
	n.startNetagent()
	stop := n.startDriver(n.cfg)
	n.register()
	n.eventually("ready", func() bool { return n.ready() == nil })
	n.prepare()
	n.netagent.Move(uid, "d0")
	n.eventually("not listed in the pod", func() bool { return n.spec() != "" && !n.listed() })
	n.report("192.0.2.10/24")
	n.eventually("status", func() bool { return n.status("192.0.2.10/24") })
	n.netagent.EndNamespace(uid, "d0")
	n.eventually("listed again", n.listed)
	n.unprepare()
	stop()
	if err := traces.Close(); err != nil {
		t.Fatal(err)
	}

	for _, s := range spans.spans {
		if id := hex.EncodeToString(s.GetTraceId()); id != strings.ReplaceAll(uid, "-", "") {
			t.Errorf("span %s is in trace %s", s.GetName(), id)
		}
		if s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR {
			t.Errorf("span %s failed: %s", s.GetName(), s.GetStatus().GetMessage())
		}
	}
	for _, name := range []string{
		"NodePrepare", "read claim", "decode", "names", "lock", "draft",
		"attach", "hawser.netagent.v1.NetAgent/Attach", "record write", "spec write",
		"follow", "podlink", "status apply",
		"NodeUnprepare", "detach", "hawser.netagent.v1.NetAgent/Detach", "spec remove", "record remove",
	} {
		if len(spans.named(name)) == 0 {
			t.Errorf("no span %s", name)
		}
	}
	if s := spans.named("status apply"); len(s) > 0 && len(s[0].GetLinks()) == 0 {
		t.Error("the status is not linked with what it is for")
	}
}

// TestPrepareIsCovered: the spans answer where the time of a prepare goes. One
// of many may meet a pause of the machine between two steps. The fakes take as
// long as a real API server and kernel do, without which a span is to be seen
// beside the others.
func TestPrepareIsCovered(t *testing.T) {
	n := newNode(t)
	n.netagent.takes = 5 * time.Millisecond
	spans, traces := n.trace()
	n.startNetagent()
	stop := n.startDriver(n.cfg)
	n.register()
	n.eventually("ready", func() bool { return n.ready() == nil })
	for range 50 {
		n.prepare()
		n.unprepare()
	}
	stop()
	if err := traces.Close(); err != nil {
		t.Fatal(err)
	}
	var parts []float64
	for _, s := range spans.named("NodePrepare") {
		parts = append(parts, spans.covered(s))
	}
	slices.Sort(parts)
	if len(parts) != 50 {
		t.Fatalf("%d spans, want 50", len(parts))
	}
	median := parts[25]
	t.Logf("covered %.1f %% at the median, %.1f %% at least", 100*median, 100*parts[0])
	if median < 0.95 {
		t.Errorf("a prepare is covered %.1f %% by its children, want 95 %%", 100*median)
	}
}

// TestTraceOfAFailure: the reason is in the span that failed and in its root.
func TestTraceOfAFailure(t *testing.T) {
	n := newNode(t)
	n.cfg.Podlink = ""
	spans, traces := n.trace()
	n.startNetagent()
	stop := n.startDriver(n.cfg)
	n.register()
	err := n.tryPrepare()
	if !strings.Contains(err, "podlink") {
		t.Errorf("a claim with addresses: %q", err)
	}
	stop()
	_ = traces.Close()
	for _, name := range []string{"NodePrepare", "decode"} {
		list := spans.named(name)
		if len(list) != 1 || !strings.Contains(list[0].GetStatus().GetMessage(), "podlink") {
			t.Errorf("%s: %v", name, list)
		}
	}
}

// A collector that never answers does not slow a claim down.
func TestSlowCollector(t *testing.T) {
	n := newNode(t)
	t.Setenv("OTEL_BSP_MAX_QUEUE_SIZE", "4")
	t.Setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")
	traces, err := tracing.New(t.Context(), tracing.Config{
		Service: "hawser-driver", Client: stuck{}, Sampler: sdktrace.AlwaysSample(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	n.cfg.Telemetry.Tracing = traces
	n.startNetagent()
	stop := n.startDriver(n.cfg)
	n.register()
	n.eventually("ready", func() bool { return n.ready() == nil })
	began := time.Now()
	for range 20 {
		n.prepare()
		n.unprepare()
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("20 claims took %v", took)
	}
	if traces.Lost() == 0 {
		t.Error("no span was counted as lost")
	}
	stop()
	_ = traces.Close()
}

// stuck is a collector that never answers.
type stuck struct{}

func (stuck) Start(context.Context) error { return nil }
func (stuck) Stop(context.Context) error  { return nil }
func (stuck) UploadTraces(ctx context.Context, _ []*tracepb.ResourceSpans) error {
	<-ctx.Done()
	return fmt.Errorf("never: %w", ctx.Err())
}
