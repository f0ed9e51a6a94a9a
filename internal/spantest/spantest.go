// Package spantest is a collector for tests: it keeps the spans that a process
// sends, and answers questions about them.
package spantest

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// Collector is a client that delivers to itself. The zero value is ready.
type Collector struct {
	mu    sync.Mutex
	spans []*tracepb.Span
}

var _ otlptrace.Client = (*Collector)(nil)

// Start does nothing.
func (c *Collector) Start(context.Context) error { return nil }

// Stop does nothing.
func (c *Collector) Stop(context.Context) error { return nil }

// UploadTraces keeps the spans.
func (c *Collector) UploadTraces(_ context.Context, list []*tracepb.ResourceSpans) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range list {
		for _, s := range r.GetScopeSpans() {
			c.spans = append(c.spans, s.GetSpans()...)
		}
	}
	return nil
}

// All returns the spans in the order in which they began.
func (c *Collector) All() []*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.SortedStableFunc(slices.Values(c.spans), func(a, b *tracepb.Span) int {
		return cmp.Compare(a.GetStartTimeUnixNano(), b.GetStartTimeUnixNano())
	})
}

// Named returns the spans with a name.
func (c *Collector) Named(name string) []*tracepb.Span {
	return slices.DeleteFunc(c.All(), func(s *tracepb.Span) bool { return s.GetName() != name })
}

// Children returns the spans that have parent for a parent.
func (c *Collector) Children(parent *tracepb.Span) []*tracepb.Span {
	return slices.DeleteFunc(c.All(), func(s *tracepb.Span) bool {
		return !bytes.Equal(s.GetParentSpanId(), parent.GetSpanId())
	})
}

// Covered is which part of a span's time its children cover together.
func (c *Collector) Covered(parent *tracepb.Span) float64 {
	sum, reached := uint64(0), parent.GetStartTimeUnixNano()
	for _, s := range c.Children(parent) {
		if s.GetEndTimeUnixNano() > reached {
			sum += s.GetEndTimeUnixNano() - max(reached, s.GetStartTimeUnixNano())
			reached = s.GetEndTimeUnixNano()
		}
	}
	return float64(sum) / float64(parent.GetEndTimeUnixNano()-parent.GetStartTimeUnixNano())
}

// WantCovered fails the test unless the spans with a name are covered by their
// children, a quarter of them at least: on a busy machine any of the others may
// have met a pause between two steps.
func (c *Collector) WantCovered(t *testing.T, name string, least float64) {
	t.Helper()
	var parts []float64
	for _, s := range c.Named(name) {
		parts = append(parts, c.Covered(s))
	}
	if len(parts) == 0 {
		t.Fatalf("no span %s", name)
	}
	slices.Sort(parts)
	quarter := parts[len(parts)*3/4]
	t.Logf("%d spans %s: a quarter are covered %.1f %% or more, half %.1f %%, all %.1f %%",
		len(parts), name, 100*quarter, 100*parts[len(parts)/2], 100*parts[0])
	if quarter < least {
		t.Errorf("%s is covered %.1f %% by its children, want %.0f %%", name, 100*quarter, 100*least)
	}
}
