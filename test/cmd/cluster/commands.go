package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/hawser-dra/hawser/test/cluster"
	"github.com/hawser-dra/hawser/test/image"
	"github.com/hawser-dra/hawser/test/jaeger"
	"github.com/hawser-dra/hawser/test/node"
	"github.com/hawser-dra/hawser/test/toolchain"
)

var errNoDir = errors.New("--dir is missing")

func newFlags(name string) *flag.FlagSet {
	return flag.NewFlagSet("cluster "+name, flag.ContinueOnError)
}

// dirFlag is the cluster's directory, which most commands want.
func dirFlag(f *flag.FlagSet) *string {
	return f.String("dir", "", "directory of the cluster")
}

func setupCommand() command {
	return command{newFlags("setup"), func(ctx context.Context, _ []string) error {
		if _, err := prepare(ctx); err != nil {
			return err
		}
		t, err := toolchain.New("", os.Stderr)
		if err == nil {
			_, err = jaeger.Build(ctx, t)
		}
		return err
	}}
}

func upCommand() command {
	f := newFlags("up")
	dir := dirFlag(f)
	audit := f.Bool("audit-log", false, "write the API server's audit log")
	return command{f, func(ctx context.Context, _ []string) error {
		c, err := openOrUp(ctx, cluster.Options{Dir: *dir, AuditLog: *audit})
		if err == nil {
			fmt.Printf("export KUBECONFIG=%s\n", c.Kubeconfig())
		}
		return err
	}}
}

func downCommand() command {
	f := newFlags("down")
	dir := dirFlag(f)
	return command{f, func(ctx context.Context, _ []string) error {
		if *dir == "" {
			return errNoDir
		}
		return cluster.Down(ctx, *dir)
	}}
}

func loadCommand() command {
	f := newFlags("load")
	dir := dirFlag(f)
	return command{f, func(ctx context.Context, archives []string) error {
		c, err := open(*dir)
		if err != nil {
			return err
		}
		names, err := c.LoadImages(ctx, archives...)
		for _, n := range names {
			fmt.Println("loaded", n)
		}
		return err
	}}
}

func nodeCommand() command {
	f := newFlags("node")
	dir := dirFlag(f)
	return command{f, func(ctx context.Context, words []string) error {
		c, err := open(*dir)
		if err != nil {
			return err
		}
		code, err := c.Node().Exec(ctx, node.Command{
			Script: strings.Join(words, " "), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		})
		if err == nil && code != 0 {
			err = exitCode(code)
		}
		return err
	}}
}

func kubectlCommand() command {
	f := newFlags("kubectl")
	dir := dirFlag(f)
	return command{f, func(ctx context.Context, args []string) error {
		c, err := open(*dir)
		if err != nil {
			return err
		}
		k := c.Kubectl(ctx, args...)
		// In this process's place, so that kubectl has the terminal and its signals.
		return fmt.Errorf("run kubectl: %w", syscall.Exec(k.Path, k.Args, k.Env))
	}}
}

func imageCommand() command {
	f := newFlags("image")
	dockerfile := f.String("dockerfile", "", "the Dockerfile whose final stage describes the image")
	bin := f.String("bin", "", "directory of the binaries that it copies")
	ref := f.String("ref", "", "the image's name, with a tag")
	out := f.String("out", "", "the archive to write")
	args := map[string]string{}
	f.Func("build-arg", "`NAME=VALUE` of an ARG in the Dockerfile, again for each", func(s string) error {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return fmt.Errorf("%q is not NAME=VALUE", s)
		}
		args[name] = value
		return nil
	})
	return command{f, func(context.Context, []string) error {
		i, err := image.FromDockerfile(*dockerfile, *bin, args)
		if err != nil {
			return err
		}
		return i.WriteFile(*out, *ref)
	}}
}

// prepare makes the parts of clusters, with progress on standard error.
func prepare(ctx context.Context) (cluster.Parts, error) {
	t, err := toolchain.New("", os.Stderr)
	if err != nil {
		return cluster.Parts{}, err
	}
	return cluster.Prepare(ctx, t)
}

func up(ctx context.Context, o cluster.Options) (*cluster.Cluster, error) {
	if o.Dir == "" {
		return nil, errNoDir
	}
	var err error
	if o.Parts, err = prepare(ctx); err != nil {
		return nil, err
	}
	o.Log = os.Stderr
	return cluster.Up(ctx, o)
}

func open(dir string) (*cluster.Cluster, error) {
	if dir == "" {
		return nil, errNoDir
	}
	return cluster.Open(dir)
}
