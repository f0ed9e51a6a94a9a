package tracing

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Sampler returns what OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG ask for,
// by default every trace.
func Sampler(getenv func(string) string) (sdktrace.Sampler, error) {
	name := strings.ToLower(strings.TrimSpace(getenv("OTEL_TRACES_SAMPLER")))
	kind, parentBased := strings.CutPrefix(name, "parentbased_")
	root, err := rootSampler(kind, getenv("OTEL_TRACES_SAMPLER_ARG"))
	if err != nil {
		return nil, fmt.Errorf("OTEL_TRACES_SAMPLER=%s: %w", name, err)
	}
	if parentBased || name == "" {
		return sdktrace.ParentBased(root), nil
	}
	return root, nil
}

func rootSampler(kind, arg string) (sdktrace.Sampler, error) {
	switch kind {
	case "", "always_on":
		return sdktrace.AlwaysSample(), nil
	case "always_off":
		return sdktrace.NeverSample(), nil
	case "traceidratio":
		return ratioSampler(strings.TrimSpace(arg))
	}
	return nil, fmt.Errorf("there are always_on, always_off and traceidratio, each with parentbased_ before it or not")
}

func ratioSampler(arg string) (sdktrace.Sampler, error) {
	if arg == "" {
		return hashed{sdktrace.TraceIDRatioBased(1)}, nil
	}
	fraction, err := strconv.ParseFloat(arg, 64)
	if err != nil || fraction < 0 || fraction > 1 {
		return nil, fmt.Errorf("OTEL_TRACES_SAMPLER_ARG=%s must be a number from 0 to 1", arg)
	}
	return hashed{sdktrace.TraceIDRatioBased(fraction)}, nil
}

// hashed decides by a hash of the trace ID. The SDK's own sampler compares the
// ID's ninth to sixteenth byte with a bound, and in a UUID the first two bits of
// those are always 10: of claims it would take none below a half and all above
// three quarters. The decision is the same in every process and for every piece
// of a claim's life.
type hashed struct{ sdktrace.Sampler }

func (h hashed) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	sum := sha256.Sum256(p.TraceID[:])
	p.TraceID = trace.TraceID(sum[:16])
	return h.Sampler.ShouldSample(p)
}
