package main

import (
	"context"
	"io"
	"time"

	"github.com/hawser-dra/hawser/controlplane/bundle"
	"github.com/hawser-dra/hawser/internal/version"
)

// showNode writes an archive with what a report of a bug needs to know of this
// node. Its flags are those that the driver runs with.
func showNode(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	o, err := parse(args, getenv, stderr)
	if err != nil {
		return err
	}
	return bundle.Write(ctx, stdout, bundle.Config{
		Version: version.Version, CDIDir: o.cdiDir, StateDir: o.stateDir,
		NetagentSocket: o.netagentSocket, HealthSocket: o.healthSocket, Now: time.Now(),
	})
}
