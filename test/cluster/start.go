package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hawser-dra/hawser/test/node"
)

// upTimeout bounds a start: half a minute on an idle machine without KVM.
const upTimeout = 5 * time.Minute

// start brings up all parts, the slow ones beside each other: while the node
// boots, etcd and the API server start, and the kubelet tries until there is one.
// A control plane without a node is ready when its service accounts are.
func (c *Cluster) start(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeoutCause(ctx, upTimeout, errors.New("the cluster does not start in time"))
	defer cancel()
	began := time.Now()
	told := func(what string) { _, _ = fmt.Fprintf(o.Log, "%s, %.1fs\n", what, time.Since(began).Seconds()) }
	if err := c.writeFiles(o); err != nil {
		return err
	}
	if !o.NoNode {
		if err := c.startNode(ctx, o); err != nil {
			return err
		}
	}
	if err := c.startEtcd(); err != nil {
		return err
	}
	if err := c.startAPIServer(ctx, o); err != nil {
		return err
	}
	told("API server ready")
	if err := c.writeClients(); err != nil {
		return err
	}
	if err := c.startControllers(o); err != nil {
		return err
	}
	if !o.NoNode {
		if err := c.vm.WaitBooted(ctx); err != nil {
			return err
		}
		told("node booted")
		if err := c.waitNodeReady(ctx); err != nil {
			return err
		}
		told("node ready")
	}
	if err := c.waitServiceAccount(ctx); err != nil {
		return err
	}
	told("cluster ready")
	return nil
}

// startNode launches the virtual machine, and the API server's way into it.
func (c *Cluster) startNode(ctx context.Context, o Options) error {
	var err error
	c.vm, err = node.Launch(ctx, node.Config{
		Image: o.Parts.Image, Dir: c.path(vmDir), Share: c.path(shareDir), Attached: o.Attached,
		CPUs: o.CPUs, MemoryMiB: o.MemoryMiB, NICs: o.NICs,
	})
	if err != nil {
		return err
	}
	return c.startEgress(o.Parts.Image.Agent)
}
