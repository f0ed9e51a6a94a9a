package main

import (
	"context"
	"flag"
	"io"
	"time"

	"github.com/hawser-dra/hawser/controlplane/health"
)

// askTimeout is below any sensible timeout of a probe, so that the reason
// reaches the pod's events.
const askTimeout = 3 * time.Second

// askHealth asks the driver that runs in this container. Its error is what is
// not ready.
func askHealth(ctx context.Context, args []string, output io.Writer) error {
	f := flag.NewFlagSet("dra-driver health", flag.ContinueOnError)
	f.SetOutput(output)
	socket := f.String("health-socket", defaultHealthSocket, "`path` of the driver's socket for probes")
	live := f.Bool("live", false, "ask only whether it lives, not whether it is ready")
	if err := f.Parse(args); err != nil {
		return err
	}
	path := health.Ready
	if *live {
		path = health.Live
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return health.Ask(ctx, *socket, path)
}
