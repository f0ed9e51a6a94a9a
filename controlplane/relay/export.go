package relay

import (
	"context"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const nodeAttribute = "k8s.node.name"

// Export takes a message of spans, or refuses it at once. It implements OTLP's
// TraceServiceServer.
func (r *Relay) Export(_ context.Context, req *collectorpb.ExportTraceServiceRequest) (*collectorpb.ExportTraceServiceResponse, error) {
	spans := req.GetResourceSpans()
	if !r.rate.Allow() {
		r.drop(spans, "more than 20 messages a second")
		return nil, status.Error(codes.ResourceExhausted, "more than 20 messages a second")
	}
	for _, s := range spans {
		r.stamp(s)
	}
	select {
	case r.waiting <- spans:
		return &collectorpb.ExportTraceServiceResponse{}, nil
	default:
		r.drop(spans, "the collector does not keep up")
		return nil, status.Error(codes.ResourceExhausted, "the collector does not keep up")
	}
}

// stamp adds the node's name, unless netagent was told it.
func (r *Relay) stamp(s *tracepb.ResourceSpans) {
	if s.Resource == nil {
		s.Resource = &resourcepb.Resource{}
	}
	for _, a := range s.Resource.Attributes {
		if a.GetKey() == nodeAttribute {
			return
		}
	}
	name := &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: r.config.Node}}
	s.Resource.Attributes = append(s.Resource.Attributes, &commonpb.KeyValue{Key: nodeAttribute, Value: name})
}
