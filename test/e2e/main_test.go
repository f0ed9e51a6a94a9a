// Package e2e tests the product as users have it: the images that the
// Dockerfiles describe, the manifests of deploy/ as they are, pods on a real
// cluster. Every test leaves the node as it found it, and shows that it did.
package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/hawser-dra/hawser/test/cluster"
	"github.com/hawser-dra/hawser/test/product"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// repo is the checkout that is tested, seen from this package's directory.
const repo = "../.."

// theCluster is the one that all tests of this package use, one after another.
var theCluster *cluster.Cluster

// keep lets a person use the cluster again and again: with a directory in
// which a cluster is up, the tests take that one, and leave it up.
var keep = flag.String("cluster", "", "directory of a cluster that is up and stays up (see cmd/cluster)")

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(context.Background(), m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(ctx context.Context, m *testing.M) (code int, err error) {
	if testing.Short() {
		fmt.Println("the cluster's tests are left out by -short")
		return 0, nil
	}
	down, err := up(ctx)
	if err != nil {
		return 1, err
	}
	defer down(ctx)
	source := product.Source{Repo: repo, Version: "v0.0.0-test", Log: os.Stderr}
	if err := source.Install(ctx, theCluster); err != nil {
		return 1, err
	}
	if code = m.Run(); code != 0 {
		return code, nil
	}
	if err := checkCleanNode(ctx); err != nil {
		return 1, err
	}
	filter := flag.Lookup("test.run").Value.String() + flag.Lookup("test.skip").Value.String()
	err = checkRBAC(filter == "")
	if *keep != "" && errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(os.Stderr, "RBAC is not checked: the cluster was brought up without --audit-log")
		return 0, nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}

// up brings the cluster up, or finds the one that is.
func up(ctx context.Context) (down func(context.Context), err error) {
	if *keep != "" {
		theCluster, err = cluster.Open(*keep)
		return func(context.Context) {}, err
	}
	tools, err := toolchain.New("", os.Stderr)
	if err != nil {
		return nil, err
	}
	parts, err := cluster.Prepare(ctx, tools)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "hawser-e2e-")
	if err != nil {
		return nil, err
	}
	theCluster, err = cluster.Up(ctx, cluster.Options{Dir: filepath.Join(dir, "cluster"), Parts: parts, Log: io.Writer(os.Stderr), AuditLog: true})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) {
		if err := theCluster.Down(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		_ = os.RemoveAll(dir)
	}, nil
}
