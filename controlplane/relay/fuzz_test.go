package relay

import (
	"log/slog"
	"testing"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"golang.org/x/time/rate"
	"google.golang.org/protobuf/proto"
)

// FuzzExport: whatever a taken-over netagent sends is refused, or waits with the
// node's name and is counted when it is dropped.
func FuzzExport(f *testing.F) {
	for _, r := range []*resourcepb.Resource{nil, {}, {Attributes: []*commonpb.KeyValue{{Key: nodeAttribute}, nil}}} {
		b, err := proto.Marshal(&collectorpb.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{
			Resource: r, ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{{Name: "netlink", TraceId: make([]byte, 16)}}}},
		}}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		req := new(collectorpb.ExportTraceServiceRequest)
		if proto.Unmarshal(b, req) != nil {
			return
		}
		r := &Relay{
			config: Config{Node: "n1", Log: slog.New(slog.DiscardHandler)},
			rate:   rate.NewLimiter(rate.Inf, 1), waiting: make(chan []*tracepb.ResourceSpans, 1),
		}
		if _, err := r.Export(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		for _, s := range <-r.waiting {
			if !named(s) {
				t.Errorf("no %s: %v", nodeAttribute, s)
			}
			if _, err := proto.Marshal(s); err != nil {
				t.Errorf("cannot be sent on: %v", err)
			}
		}
		r.drop(req.GetResourceSpans(), "test")
	})
}

func named(s *tracepb.ResourceSpans) bool {
	for _, a := range s.GetResource().GetAttributes() {
		if a.GetKey() == nodeAttribute {
			return true
		}
	}
	return false
}
