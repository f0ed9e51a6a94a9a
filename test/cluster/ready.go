package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-dra/hawser/test/node"
)

// serves asks the API server whether it is ready.
func (c *Cluster) serves(ctx context.Context) error {
	_, err := c.client.CoreV1().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
	return err
}

// pollEvery is the pause between looks at something that is not ready yet.
const pollEvery = 200 * time.Millisecond

// await looks until what is ready, and fails as soon as check does.
func (c *Cluster) await(ctx context.Context, what string, check func() error, ready func(context.Context) error) error {
	for {
		last := ready(ctx)
		if last == nil {
			return nil
		}
		if err := check(); err != nil {
			return fmt.Errorf("wait for %s: %w", what, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w; last: %w", what, context.Cause(ctx), last)
		case <-time.After(pollEvery):
		}
	}
}

// waitNodeReady waits until the node is ready in its present boot: what the API
// server knows of an earlier one does not count.
func (c *Cluster) waitNodeReady(ctx context.Context) error {
	boot, err := c.vm.BootID(ctx)
	if err != nil {
		return err
	}
	check := func() error { return errors.Join(c.Check(), c.checkServices(ctx)) }
	return c.await(ctx, "the node", check, func(ctx context.Context) error {
		n, err := c.client.CoreV1().Nodes().Get(ctx, nodeName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if n.Status.NodeInfo.BootID != boot {
			return errors.New("the kubelet has not told the API server of this boot")
		}
		return nodeReady(n)
	})
}

func nodeReady(n *corev1.Node) error {
	i := slices.IndexFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool { return c.Type == corev1.NodeReady })
	if i < 0 {
		return errors.New("the node has no Ready condition")
	}
	if c := n.Status.Conditions[i]; c.Status != corev1.ConditionTrue {
		return fmt.Errorf("the node is not ready: %s: %s", c.Reason, c.Message)
	}
	for _, taint := range n.Spec.Taints {
		if taint.Key == corev1.TaintNodeNotReady {
			return errors.New("the node still has the taint of one that is not ready")
		}
	}
	return nil
}

// waitServiceAccount waits for what every pod needs and a controller makes.
func (c *Cluster) waitServiceAccount(ctx context.Context) error {
	return c.await(ctx, "the default service account", c.Check, func(ctx context.Context) error {
		_, err := c.client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

// servicesScript fails for a service of the node that was started and does not
// run any more, with the end of its log.
const servicesScript = `for s in relay containerd kubelet; do [ ! -e /run/$s.pid ] || service $s status >&2 || exit 1; done`

// checkServices looks at the node's half. What it cannot learn, because the node
// boots, is no error.
func (c *Cluster) checkServices(ctx context.Context) error {
	_, err := c.vm.Run(ctx, servicesScript)
	if exit, ok := errors.AsType[*node.ExitError](err); ok {
		return fmt.Errorf("on the node, %s", exit.Stderr)
	}
	return nil
}

// Check is nil as long as every part runs; else an error with the end of its log.
func (c *Cluster) Check() error {
	for _, p := range c.state.Processes {
		if err := p.Check(); err != nil {
			return err
		}
	}
	if c.vm == nil {
		return nil
	}
	return c.vm.Check()
}
