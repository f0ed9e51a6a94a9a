package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/hawser-dra/hawser/test/cluster"
	"github.com/hawser-dra/hawser/test/product"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// built is what all places need.
type built struct {
	tools    *toolchain.Toolchain
	parts    cluster.Parts
	repo     string // the checkout
	dir      string // for what does not stay
	binaries string // a directory with the product's
	strace   string
}

// build builds and finds it. The directory is the caller's to remove.
func build(ctx context.Context, version string) (b built, err error) {
	if b.tools, err = toolchain.New("", os.Stderr); err != nil {
		return b, err
	}
	if err := b.tools.Packages(ctx, "strace"); err != nil {
		return b, err
	}
	if b.strace, err = exec.LookPath("strace"); err != nil {
		return b, err
	}
	if b.parts, err = cluster.Prepare(ctx, b.tools); err != nil {
		return b, err
	}
	source, err := toolchain.Source(ctx)
	if err != nil {
		return b, err
	}
	b.repo = filepath.Dir(source)
	// Paths of sockets are short.
	if b.dir, err = os.MkdirTemp("", "hawser"); err != nil {
		return b, err
	}
	b.binaries = filepath.Join(b.dir, "bin")
	if err := (product.Source{Repo: b.repo, Version: version}).Compile(ctx, b.binaries); err != nil {
		return b, errors.Join(err, os.RemoveAll(b.dir))
	}
	return b, nil
}
