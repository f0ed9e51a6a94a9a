package main

import (
	"context"
	"flag"
	"io"

	"github.com/hawser-dra/hawser/controlplane/health"
	"github.com/hawser-dra/hawser/controlplane/scrape"
)

// maxMetrics is ten times what a driver with every series has.
const maxMetrics = 1 << 20

// showMetrics prints the metrics of the driver that runs in this container.
func showMetrics(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("dra-driver metrics", flag.ContinueOnError)
	f.SetOutput(stderr)
	socket := f.String("health-socket", defaultHealthSocket, "`path` of the driver's socket for probes")
	if err := f.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	text, err := health.Read(ctx, *socket, scrape.Path, maxMetrics)
	if err != nil {
		return err
	}
	_, err = stdout.Write(text)
	return err
}
