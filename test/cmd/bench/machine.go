package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/hawser-dra/hawser/test/bench"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/cluster"
)

// measureMachine measures on this machine, with a control plane beside.
func measureMachine(ctx context.Context, b built, o options) (p report.Place, err error) {
	c, err := cluster.Up(ctx, cluster.Options{Dir: filepath.Join(b.dir, "plane"), Parts: b.parts, NoNode: true, Attached: true})
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, c.Down(context.WithoutCancel(ctx))) }()
	return here(ctx, b.dir, b.binaries, c.Kubeconfig(), bench.Config{
		Place: onMachine, Rounds: o.rounds, Only: o.only, Strace: b.strace, Log: os.Stderr,
	})
}
