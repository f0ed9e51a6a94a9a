package rig

import (
	"context"
	"maps"
	"net"
	"sync"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
)

// Sink is a collector that counts spans by name and drops them.
type Sink struct {
	collectorpb.UnimplementedTraceServiceServer
	listener net.Listener
	server   *grpc.Server

	mu    sync.Mutex
	spans map[string]int
}

// NewSink listens for spans by OTLP over gRPC.
func NewSink() (*Sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Sink{listener: l, server: grpc.NewServer(), spans: map[string]int{}}
	collectorpb.RegisterTraceServiceServer(s.server, s)
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

// Endpoint is what OTEL_EXPORTER_OTLP_ENDPOINT wants.
func (s *Sink) Endpoint() string { return "http://" + s.listener.Addr().String() }

// Export takes spans.
func (s *Sink) Export(_ context.Context, r *collectorpb.ExportTraceServiceRequest) (*collectorpb.ExportTraceServiceResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, resource := range r.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				s.spans[span.GetName()]++
			}
		}
	}
	return &collectorpb.ExportTraceServiceResponse{}, nil
}

// Spans is how many have come, by name.
func (s *Sink) Spans() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.spans)
}

// Close stops listening.
func (s *Sink) Close() { s.server.Stop() }
