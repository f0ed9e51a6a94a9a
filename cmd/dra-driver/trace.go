package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/hawser-dra/hawser/telemetry/jaeger"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

const (
	// defaultJaeger is the one of deploy/jaeger.yaml, from inside the cluster.
	defaultJaeger = "http://jaeger.dra-system.svc:16686"
	// jaegerTime bounds the wait for its answer.
	jaegerTime = 10 * time.Second
)

// showTrace prints the life of a claim.
func showTrace(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("dra-driver trace", flag.ContinueOnError)
	f.SetOutput(stderr)
	base := f.String("jaeger", defaultJaeger, "`URL` of Jaeger's query service")
	claimUID, args := firstWord(args)
	if err := f.Parse(args); err != nil {
		return err
	}
	if claimUID == "" {
		claimUID = f.Arg(0)
	}
	id := tracing.ClaimTrace(claimUID)
	if !id.IsValid() {
		return fmt.Errorf("%q is not a claim's UID: kubectl get resourceclaim NAME -o jsonpath={.metadata.uid}", claimUID)
	}
	ctx, cancel := context.WithTimeout(ctx, jaegerTime)
	defer cancel()
	spans, err := jaeger.Trace(ctx, *base, id.String())
	if errors.Is(err, jaeger.ErrNotFound) {
		return fmt.Errorf("%w as %s: is OTEL_EXPORTER_OTLP_ENDPOINT set for the driver? Spans arrive some seconds after they end", err, id)
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stdout, "claim %s: %d spans\n", claimUID, len(spans)); err != nil {
		return err
	}
	return jaeger.Waterfall(stdout, spans)
}

// firstWord takes the first argument off unless it is a flag: people write the
// claim before the flags.
func firstWord(args []string) (word string, rest []string) {
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		return args[0], args[1:]
	}
	return "", args
}
