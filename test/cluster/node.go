package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hawser-dra/hawser/test/image"
	"github.com/hawser-dra/hawser/test/node"
)

// nodeTimeout bounds the return of the node after a restart of something.
const nodeTimeout = 3 * time.Minute

// RebootNode restarts the node without shutting it down, and waits until it is
// ready again.
func (c *Cluster) RebootNode(ctx context.Context) error {
	return c.onNode(ctx, "reboot the node", func(ctx context.Context) error {
		if err := c.vm.Reset(ctx); err != nil {
			return err
		}
		return c.waitNodeReady(ctx)
	})
}

// RestartKubelet restarts the kubelet and waits until it serves again.
func (c *Cluster) RestartKubelet(ctx context.Context) error {
	return c.onNode(ctx, "restart the kubelet", func(ctx context.Context) error {
		if _, err := c.vm.Run(ctx, "service kubelet restart"); err != nil {
			return err
		}
		return c.await(ctx, "the kubelet", c.Check, c.kubeletServes)
	})
}

// RestartContainerd restarts containerd, without its containers, and waits until
// it answers.
func (c *Cluster) RestartContainerd(ctx context.Context) error {
	return c.onNode(ctx, "restart containerd", func(ctx context.Context) error {
		_, err := c.vm.Run(ctx, "service containerd restart && until ctr version >/dev/null 2>&1; do sleep 0.1; done")
		return err
	})
}

func (c *Cluster) onNode(ctx context.Context, what string, act func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, nodeTimeout, errors.New("it takes too long"))
	defer cancel()
	if err := act(ctx); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// kubeletServes asks the kubelet itself, on the port that only the node reaches.
func (c *Cluster) kubeletServes(ctx context.Context) error {
	_, err := c.vm.Run(ctx, "service kubelet status >&2 && wget -q -O - http://127.0.0.1:10248/healthz")
	return err
}

// LoadImages gives the node the images of archives (as package image or "docker
// save" writes them), except for those that it has. It returns the names of the
// others. Pods use them with any pull policy but Always.
func (c *Cluster) LoadImages(ctx context.Context, archives ...string) ([]string, error) {
	var loaded []string
	for _, archive := range archives {
		id, err := image.Identify(archive)
		if err != nil {
			return loaded, err
		}
		if c.state.Images[id.Name] == id.ID {
			continue
		}
		if err := c.loadImage(ctx, archive); err != nil {
			return loaded, fmt.Errorf("load the image %s: %w", id.Name, err)
		}
		loaded = append(loaded, id.Name)
		if c.state.Images == nil {
			c.state.Images = map[string]string{}
		}
		c.state.Images[id.Name] = id.ID
		if err := c.state.write(c.dir); err != nil {
			return loaded, err
		}
	}
	return loaded, nil
}

// loadImage streams the archive into the node's containerd.
func (c *Cluster) loadImage(ctx context.Context, archive string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	var output bytes.Buffer
	code, err := c.vm.Exec(ctx, node.Command{
		Script: "ctr -n k8s.io images import --local -", Stdin: f, Stdout: &output, Stderr: &output,
	})
	if err == nil && code != 0 {
		err = fmt.Errorf("exit code %d: %s", code, output.String())
	}
	return err
}
