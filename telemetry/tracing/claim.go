package tracing

import (
	"context"
	"encoding/binary"
	"math/rand/v2"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// The attributes that name a claim.
const (
	ClaimUID  = attribute.Key("hawser.claim.uid")
	ClaimName = attribute.Key("hawser.claim.name") // namespace/name
)

// ClaimTrace returns the ID of a claim's trace: the 32 hex digits of its UID. It
// is not valid for a UID that is no UUID, whose spans get a random trace.
func ClaimTrace(claimUID string) trace.TraceID {
	id, err := uuid.Parse(claimUID)
	if err != nil {
		return trace.TraceID{}
	}
	return trace.TraceID(id)
}

type claimTrace struct{}

// StartClaim begins a piece of a claim's life, as a root of the claim's trace.
// The caller owes [End].
func StartClaim(ctx context.Context, t trace.Tracer, claimUID, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	ctx = context.WithValue(ctx, claimTrace{}, ClaimTrace(claimUID))
	opts = append(opts, trace.WithNewRoot(), trace.WithAttributes(ClaimUID.String(claimUID)))
	return t.Start(ctx, name, opts...)
}

// ids gives a root span the trace of the claim that it was started for.
type ids struct{}

var _ sdktrace.IDGenerator = ids{}

func (ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	id, _ := ctx.Value(claimTrace{}).(trace.TraceID)
	for !id.IsValid() {
		binary.NativeEndian.PutUint64(id[:8], rand.Uint64())
		binary.NativeEndian.PutUint64(id[8:], rand.Uint64())
	}
	return id, newSpanID()
}

func (ids) NewSpanID(context.Context, trace.TraceID) trace.SpanID { return newSpanID() }

func newSpanID() (id trace.SpanID) {
	for !id.IsValid() {
		binary.NativeEndian.PutUint64(id[:], rand.Uint64())
	}
	return id
}
