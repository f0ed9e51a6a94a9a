package tracing_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/hawser-dra/hawser/telemetry/tracing"
)

func environment(name, arg string) func(string) string {
	return func(key string) string {
		return map[string]string{"OTEL_TRACES_SAMPLER": name, "OTEL_TRACES_SAMPLER_ARG": arg}[key]
	}
}

// UIDs are not random in the bits that the SDK's sampler looks at.
func TestShareOfClaims(t *testing.T) {
	for _, tc := range []struct {
		name, arg string
		least     int
		most      int
	}{
		{"", "", 1000, 1000},
		{"parentbased_always_on", "", 1000, 1000},
		{"always_off", "", 0, 0},
		{"traceidratio", "0.1", 60, 140},
		{"parentbased_traceidratio", "0.9", 860, 940},
		{"traceidratio", "", 1000, 1000},
	} {
		sampler, err := tracing.Sampler(environment(tc.name, tc.arg))
		if err != nil {
			t.Fatal(err)
		}
		p := start(t, &collector{}, sampler, slog.New(slog.DiscardHandler))
		sampled := 0
		for range 1000 {
			_, span := tracing.StartClaim(t.Context(), p.Own(), uuid.NewString(), "piece")
			if span.IsRecording() {
				sampled++
			}
			span.End()
		}
		if sampled < tc.least || sampled > tc.most {
			t.Errorf("%s %s: %d of 1000 claims, want %d to %d", tc.name, tc.arg, sampled, tc.least, tc.most)
		}
		p.Close()
	}
}

func TestWrongSampler(t *testing.T) {
	for _, tc := range []struct{ name, arg, text string }{
		{"sometimes", "", "always_on"},
		{"traceidratio", "half", "from 0 to 1"},
		{"traceidratio", "2", "from 0 to 1"},
	} {
		if _, err := tracing.Sampler(environment(tc.name, tc.arg)); err == nil || !strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s %s: %v", tc.name, tc.arg, err)
		}
	}
}
