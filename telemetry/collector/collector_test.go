package collector_test

import (
	"testing"

	"github.com/hawser-dra/hawser/telemetry/collector"
)

func TestEnvironment(t *testing.T) {
	for _, tc := range []struct {
		name  string
		env   map[string]string
		named bool
		fails bool
	}{
		{name: "nothing"},
		{name: "endpoint", env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, named: true},
		{name: "of traces", env: map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, named: true},
		{name: "disabled", env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}},
		{name: "none", env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"}},
		{name: "protocol", env: map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "carrier-pigeon"}, fails: true},
	} {
		getenv := func(key string) string { return tc.env[key] }
		if got := collector.Named(getenv); got != tc.named {
			t.Errorf("%s: named is %v", tc.name, got)
		}
		if _, err := collector.Client(getenv); (err != nil) != tc.fails {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}
