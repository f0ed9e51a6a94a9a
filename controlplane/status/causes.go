package status

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

// maxCauses bounds what a write that cannot be made is linked with.
const maxCauses = 8

// because keeps what a write will be for.
func (s *state) because(ctx context.Context) {
	cause := trace.SpanContextFromContext(ctx)
	if cause.IsSampled() && len(s.causes) < maxCauses {
		s.causes = append(s.causes, trace.Link{SpanContext: cause})
	}
}

// takeCauses returns what the next write is for.
func (r *Reporter) takeCauses(s *state) []trace.Link {
	r.mu.Lock()
	defer r.mu.Unlock()
	causes := s.causes
	s.causes = nil
	return causes
}
