package cluster

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-dra/hawser/test/node"
)

//go:embed files/kubelet.yaml
var kubeletConfig string

// upTimeout bounds a start: half a minute on an idle machine without KVM.
const upTimeout = 5 * time.Minute

// start brings up all parts, the slow ones beside each other: while the node
// boots, etcd and the API server start, and the kubelet tries until there is one.
func (c *Cluster) start(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeoutCause(ctx, upTimeout, errors.New("the cluster does not start in time"))
	defer cancel()
	began := time.Now()
	told := func(what string) { _, _ = fmt.Fprintf(o.Log, "%s, %.1fs\n", what, time.Since(began).Seconds()) }
	if err := c.writeFiles(o); err != nil {
		return err
	}
	var err error
	c.vm, err = node.Launch(ctx, node.Config{
		Image: o.Parts.Image, Dir: c.path(vmDir), CPUs: o.CPUs, MemoryMiB: o.MemoryMiB, NICs: o.NICs,
		Attached: o.Attached,
	})
	if err != nil {
		return err
	}
	if err := c.startEgress(o.Parts.Image.Agent); err != nil {
		return err
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
	if err := c.vm.WaitBooted(ctx); err != nil {
		return err
	}
	told("node booted")
	if err := c.waitNodeReady(ctx); err != nil {
		return err
	}
	if err := c.waitServiceAccount(ctx); err != nil {
		return err
	}
	told("node ready")
	return nil
}

// writeFiles writes all that does not depend on a port, the node's part of it
// into the folder that the node sees.
func (c *Cluster) writeFiles(o Options) error {
	files := c.nodeFiles()
	for _, dir := range []string{c.path(pkiDir), c.path(logsDir), files} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := c.state.write(c.dir); err != nil {
		return err
	}
	if err := writePKI(c.path(pkiDir)); err != nil {
		return err
	}
	for _, f := range []string{"ca.crt", "kubelet.crt", "kubelet.key"} {
		text, err := os.ReadFile(c.path(pkiDir, f))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(files, f), text, 0o600); err != nil {
			return err
		}
	}
	gates, err := json.Marshal(o.FeatureGates)
	if err != nil {
		return err
	}
	config := kubeletConfig + "featureGates: " + string(gates) + "\n"
	if err := os.WriteFile(filepath.Join(files, "kubelet.yaml"), []byte(config), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(c.path("audit.yaml"), []byte(auditPolicy), 0o644); err != nil {
		return err
	}
	return writeKubeconfig(filepath.Join(files, "kubelet.kubeconfig"), c.path(pkiDir), "kubelet", "https://"+serviceAddress)
}

// auditPolicy records who asked for what, without the content.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
`

// writeClients writes the kubeconfigs of the control plane's own clients.
func (c *Cluster) writeClients() error {
	config, err := c.RESTConfig()
	if err != nil {
		return err
	}
	for _, name := range []string{"controller-manager", "scheduler"} {
		if err := writeKubeconfig(c.path(name+".kubeconfig"), c.path(pkiDir), name, config.Host); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) nodeFiles() string {
	return c.path(vmDir, "share", nodeFilesDir)
}

// waitNodeReady waits until the node is ready in its present boot: what the API
// server knows of an earlier one does not count.
func (c *Cluster) waitNodeReady(ctx context.Context) error {
	boot, err := c.vm.BootID(ctx)
	if err != nil {
		return err
	}
	return c.await(ctx, "the node", c.Check, func(ctx context.Context) error {
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

// Check is nil as long as every part runs; else an error with the end of its log.
func (c *Cluster) Check() error {
	for _, p := range c.state.Processes {
		if err := p.Check(); err != nil {
			return err
		}
	}
	return c.vm.Check()
}
