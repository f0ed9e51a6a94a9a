package controlplane_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/hawser-dra/hawser/internal/spantest"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// trace makes the driver's spans arrive at a collector. Close sends the last.
func (n *node) trace() (c *spantest.Collector, traces *tracing.Provider) {
	n.t.Helper()
	c = &spantest.Collector{}
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
	traces.Close()

	for _, s := range spans.All() {
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
		if len(spans.Named(name)) == 0 {
			t.Errorf("no span %s", name)
		}
	}
	if s := spans.Named("status apply"); len(s) > 0 && len(s[0].GetLinks()) == 0 {
		t.Error("the status is not linked with what it is for")
	}
}

// TestPrepareIsCovered: the spans answer where the time of a prepare goes. The
// fake takes as long as a real API server and kernel together, beside which what
// a span costs is small. (Package onenode has the same with a real kernel.)
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
	traces.Close()
	spans.WantCovered(t, "NodePrepare", 0.95)
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
	traces.Close()
	for _, name := range []string{"NodePrepare", "decode"} {
		list := spans.Named(name)
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
	var collector stuck
	traces, err := tracing.New(t.Context(), tracing.Config{
		Service: "hawser-driver", Client: &collector, Sampler: sdktrace.AlwaysSample(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	n.cfg.Telemetry.Tracing = traces
	n.startNetagent()
	stop := n.startDriver(n.cfg)
	n.register()
	n.eventually("ready", func() bool { return n.ready() == nil })
	for range 20 {
		n.prepare()
		n.unprepare()
	}
	if n := collector.gaveUp.Load(); n > 0 {
		t.Errorf("20 claims came and went after the collector had been given up %d times, want before", n)
	}
	if traces.Lost() == 0 {
		t.Error("no span was counted as lost")
	}
	stop()
	traces.Close()
}

// stuck is a collector that never answers. It counts who gave it up.
type stuck struct{ gaveUp atomic.Int64 }

func (*stuck) Start(context.Context) error { return nil }
func (*stuck) Stop(context.Context) error  { return nil }
func (s *stuck) UploadTraces(ctx context.Context, _ []*tracepb.ResourceSpans) error {
	<-ctx.Done()
	s.gaveUp.Add(1)
	return fmt.Errorf("never: %w", ctx.Err())
}
