package scale

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/fakeagent"
)

// atOnce bounds what the simulation itself does beside each other.
const atOnce = 32

// fleet are the nodes of a cluster.
type fleet struct {
	nodes []*node
	dir   string
}

// newFleet makes a directory for the nodes. It is short: sockets' paths are bounded.
func newFleet() (*fleet, error) {
	dir, err := os.MkdirTemp("", "hw")
	if err != nil {
		return nil, err
	}
	podlink := filepath.Join(dir, "podlink")
	return &fleet{dir: dir}, os.WriteFile(podlink, []byte("#!"), 0o600)
}

// add makes n nodes of a group, without drivers.
func (f *fleet) add(ctx context.Context, client kubernetes.Interface, admin *rest.Config, group string, n int, devices []*netagentv1.NodeDevice) ([]*node, error) {
	var nodes []*node
	for range n {
		name := nodeName(len(f.nodes))
		one := f.node(name, devices)
		one.Group = group
		nodes, f.nodes = append(nodes, one), append(f.nodes, one)
	}
	return nodes, each(ctx, nodes, atOnce, func(ctx context.Context, n *node) (err error) {
		if err = n.join(ctx, client); err == nil {
			n.access, err = accessOf(ctx, client, admin, n)
		}
		return err
	})
}

// node is one that is not known to the cluster yet.
func (f *fleet) node(name string, devices []*netagentv1.NodeDevice) *node {
	return &node{
		Name: name, dir: filepath.Join(f.dir, name), podlink: filepath.Join(f.dir, "podlink"),
		netagent: &fakeagent.Server{Devices: devices, Changes: make(chan *netagentv1.NodeDevice)},
	}
}

func nodeName(i int) string { return fmt.Sprintf("node-%05d", i) }

// traffic of some nodes.
func traffic(nodes []*node) (sum Traffic) {
	for _, n := range nodes {
		sum = sum.Plus(n.traffic())
	}
	return sum
}

// close ends all drivers.
func (f *fleet) close() error {
	for _, n := range f.nodes {
		for _, d := range n.drivers {
			d.end()
		}
	}
	var errs []error
	for _, n := range f.nodes {
		if len(n.drivers) > 0 {
			errs = append(errs, n.driver().stop())
		}
	}
	return errors.Join(append(errs, os.RemoveAll(f.dir))...)
}

// each does something for all nodes, some at a time.
func each(ctx context.Context, nodes []*node, atOnce int, do func(context.Context, *node) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, n := range nodes {
		group.Go(func() error {
			if err := do(ctx, n); err != nil {
				return fmt.Errorf("%s: %w", n.Name, err)
			}
			return nil
		})
	}
	return group.Wait()
}
