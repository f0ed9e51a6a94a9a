// Dra-driver is Hawser's driver: the half that speaks with Kubernetes and the
// container runtime. See package controlplane.
//
//	dra-driver [flags]                  runs the driver
//	dra-driver health [--live]          asks a running driver how it is
//	dra-driver metrics                  prints a running driver's metrics
//	dra-driver trace CLAIM-UID          draws a claim's life from Jaeger
//	dra-driver debug [flags]            writes what a bug report needs of this node, as a tar archive
//	dra-driver devices                  prints what the node offers
//	dra-driver claims                   prints what the node holds
//	dra-driver validate FILE…           checks manifests without a cluster
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/hawser-dra/hawser/controlplane"
	"github.com/hawser-dra/hawser/internal/version"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

func main() {
	err := run(os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dra-driver:", err)
		os.Exit(exitCode(err))
	}
}

func run(args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if len(args) > 0 {
		switch args[0] {
		case "health":
			return askHealth(ctx, args[1:], stderr)
		case "metrics":
			return showMetrics(ctx, args[1:], stdout, stderr)
		case "trace":
			return showTrace(ctx, args[1:], stdout, stderr)
		case "debug":
			return showNode(ctx, args[1:], getenv, stdout, stderr)
		case "devices":
			return showDevices(ctx, args[1:], stdout, stderr)
		case "claims":
			return showClaims(ctx, args[1:], stdout, stderr)
		case "validate":
			return validateFiles(args[1:], os.Stdin, stdout, stderr)
		}
	}
	o, err := parse(args, getenv, stderr)
	if err != nil {
		return err
	}
	if o.version {
		_, err := fmt.Fprintln(stdout, version.Version)
		return err
	}
	return drive(ctx, o, getenv, stderr)
}

// drive runs the driver.
func drive(ctx context.Context, o options, getenv func(string) string, stderr io.Writer) error {
	log, err := newLogger(stderr, o.verbosity, o.logFormat)
	if err != nil {
		return err
	}
	ctx = logging.Into(ctx, log)
	client, api, err := newClient(o)
	if err != nil {
		return err
	}
	telemetry, err := newTelemetry(ctx, o, getenv)
	if err != nil {
		return err
	}
	defer telemetry.Tracing.Close()
	log.Info("starting", "version", version.Version, "driver", o.driver, "node", o.node, "pod", o.podUID,
		"traced", telemetry.Tracing.On())
	if err := enterSandbox(log, o, api); err != nil {
		return err
	}
	return controlplane.Run(ctx, o.config(client, telemetry))
}
