// Command netagent is the privileged half of Hawser, see package netagent.
//
//	netagent [flags]              serve until SIGTERM
//	netagent health [--socket …]  ask a running one for its health: exit code 0 or 1
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

	"github.com/hawser-dra/hawser/internal/version"
	"github.com/hawser-dra/hawser/netagent"
	"github.com/hawser-dra/hawser/netagent/confine"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run returns the exit code: 2 for a wrong command line, 1 for a failure.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := command(ctx, args, stdout, stderr)
	var usage *usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "netagent: %v\nnetagent -h lists the flags\n", err)
		return 2
	}
	fmt.Fprintf(stderr, "netagent: %v\n", err)
	return 1
}

func command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "health" {
		return health(ctx, args[1:], stderr)
	}
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	if o.version {
		fmt.Fprintln(stdout, version.Version)
		return nil
	}
	log, err := logging.New(stderr, o.verbosity, o.logFormat)
	if err != nil {
		return &usageError{err}
	}
	ctx = logging.Into(ctx, log)
	log.Info("netagent starts", "version", version.Version, "socket", o.config.Socket,
		"allow-peer", o.config.AllowPeer.String(), "allow-parents", o.config.AllowParents, "allow-devices", o.config.AllowDevices,
		"max-attachments", o.config.MaxAttachments)
	traces, err := startTracing(ctx, o.traces)
	if err != nil {
		return err
	}
	defer traces.Close()
	o.config.Tracer = traces
	o.config.Confine = func() error { return confine.Enter(log, o.sandboxConfig()) }
	return netagent.Run(ctx, o.config)
}
