// Package collector reads where the driver's spans go from OpenTelemetry's own
// environment variables: OTEL_EXPORTER_OTLP_ENDPOINT and its relatives.
package collector

import (
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"google.golang.org/grpc"
)

// Named says whether the environment names a collector. Without one nothing is
// traced.
func Named(getenv func(string) string) bool {
	off := strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") || getenv("OTEL_TRACES_EXPORTER") == "none"
	return !off && first(getenv, "ENDPOINT") != ""
}

// Client returns a client of the collector; the client reads the variables that
// are its own. It connects when it has something to send.
func Client(getenv func(string) string) (otlptrace.Client, error) {
	switch p := first(getenv, "PROTOCOL"); p {
	case "grpc":
		// The endpoint is all there is to know of it: without this, each
		// connection begins with a question for a TXT record.
		return otlptracegrpc.NewClient(otlptracegrpc.WithDialOption(grpc.WithDisableServiceConfig())), nil
	case "", "http/protobuf":
		return otlptracehttp.NewClient(), nil
	default:
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL=%s: must be grpc or http/protobuf", p)
	}
}

// first returns a variable of traces, or that of all signals.
func first(getenv func(string) string, name string) string {
	if v := getenv("OTEL_EXPORTER_OTLP_TRACES_" + name); v != "" {
		return v
	}
	return getenv("OTEL_EXPORTER_OTLP_" + name)
}
