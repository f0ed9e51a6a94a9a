package rig

import (
	"context"
	"net"
	"sync/atomic"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
)

// Sink is a collector that counts spans and drops them.
type Sink struct {
	collectorpb.UnimplementedTraceServiceServer
	listener net.Listener
	server   *grpc.Server
	spans    atomic.Int64
}

// NewSink listens for spans by OTLP over gRPC.
func NewSink() (*Sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Sink{listener: l, server: grpc.NewServer()}
	collectorpb.RegisterTraceServiceServer(s.server, s)
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

// Endpoint is what OTEL_EXPORTER_OTLP_ENDPOINT wants.
func (s *Sink) Endpoint() string { return "http://" + s.listener.Addr().String() }

// Export takes spans.
func (s *Sink) Export(_ context.Context, r *collectorpb.ExportTraceServiceRequest) (*collectorpb.ExportTraceServiceResponse, error) {
	for _, resource := range r.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			s.spans.Add(int64(len(scope.GetSpans())))
		}
	}
	return &collectorpb.ExportTraceServiceResponse{}, nil
}

// Spans is how many have come.
func (s *Sink) Spans() int64 { return s.spans.Load() }

// Close stops listening.
func (s *Sink) Close() { s.server.Stop() }
