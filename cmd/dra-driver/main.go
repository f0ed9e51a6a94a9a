// Dra-driver is Hawser's driver: the half that speaks with Kubernetes and the
// container runtime. See package controlplane.
//
//	dra-driver [flags]                  runs the driver
//	dra-driver health [--live]          asks a running driver how it is
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
		os.Exit(1)
	}
}

func run(args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if len(args) > 0 && args[0] == "health" {
		return askHealth(ctx, args[1:], stderr)
	}
	o, err := parse(args, getenv, stderr)
	if err != nil {
		return err
	}
	if o.version {
		_, err := fmt.Fprintln(stdout, version.Version)
		return err
	}
	log, err := newLogger(stderr, o.verbosity, o.logFormat)
	if err != nil {
		return err
	}
	client, err := newClient(o)
	if err != nil {
		return err
	}
	log.Info("starting", "version", version.Version, "driver", o.driver, "node", o.node, "pod", o.podUID)
	return controlplane.Run(logging.Into(ctx, log), o.config(client))
}
