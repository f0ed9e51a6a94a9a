package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/hawser-dra/hawser/test/cluster"
	"github.com/hawser-dra/hawser/test/product"
	"github.com/hawser-dra/hawser/test/toolchain"
)

func demoCommand() command {
	f := newFlags("demo")
	dir := dirFlag(f)
	repo := f.String("repo", "..", "checkout of the driver")
	version := f.String("version", "v0.1.0", "what the built driver calls itself")
	return command{f, func(ctx context.Context, _ []string) error {
		c, err := openOrUp(ctx, cluster.Options{Dir: *dir})
		if err != nil {
			return err
		}
		source := product.Source{Repo: *repo, Version: *version, Log: os.Stderr}
		if err := show(ctx, source, c); err != nil {
			return err
		}
		fmt.Printf(afterDemo, c.Kubeconfig())
		return nil
	}}
}

// show installs the driver with Jaeger, runs the examples, and prints one claim's
// life.
func show(ctx context.Context, s product.Source, c *cluster.Cluster) error {
	t, err := toolchain.New("", os.Stderr)
	if err != nil {
		return err
	}
	if err := s.InstallTraced(ctx, c, t); err != nil {
		return err
	}
	if err := s.RunExamples(ctx, c, os.Stdout); err != nil {
		return err
	}
	return s.ShowLife(ctx, c, os.Stdout)
}

const afterDemo = `
The cluster keeps running.
  kubeconfig                         %s
  kubectl                            make kubectl ARGS='get resourceclaims'
  the life of a claim                make trace CLAIM=UID
  a command on the node              make node CMD='ip -brief link'
  deploy again after a change        make demo
  stop it and remove all of it       make demo-stop
`

// openOrUp takes the cluster that is in a directory, or starts one there.
func openOrUp(ctx context.Context, o cluster.Options) (*cluster.Cluster, error) {
	dir := o.Dir
	c, err := open(dir)
	if err == nil {
		err = c.Check()
	}
	switch {
	case err == nil:
		fmt.Fprintln(os.Stderr, "using the cluster in", dir)
		return c, nil
	case errors.Is(err, errNoDir):
		return nil, err
	case !errors.Is(err, fs.ErrNotExist):
		fmt.Fprintln(os.Stderr, "the cluster in", dir, "cannot be used, starting a new one:", err)
	}
	if err := cluster.Down(ctx, dir); err != nil {
		return nil, err
	}
	return up(ctx, o)
}
