package rig

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Where a node has what, below its root: as the DaemonSet mounts it.
const (
	pluginDir      = "/var/lib/kubelet/plugins/" + DriverName
	registryDir    = "/var/lib/kubelet/plugins_registry"
	cdiDir         = "/etc/cdi"
	socketDir      = "/run/hawser/socket"
	healthDir      = "/run/hawser/driver"
	journalDir     = "/run/hawser/netagent"
	kubeconfigDir  = "/kube"
	kubeconfigFile = kubeconfigDir + "/config"
)

// NodeConfig is what a node is to be.
type NodeConfig struct {
	Space *Space
	// Kubeconfig of the driver; none: the machine's.
	Kubeconfig string
	// Netagent and Driver are flags besides those that are shipped, Env is the
	// driver's environment.
	Netagent, Driver, Env []string
}

// Node is one of a machine.
type Node struct {
	Name string

	machine  *Machine
	config   NodeConfig
	root     string
	mounts   []string
	netagent *program
	driver   *program
	lives    int // of the driver
}

// NewNode makes a node and starts both programs on it.
func (m *Machine) NewNode(ctx context.Context, config NodeConfig) (*Node, error) {
	short := fmt.Sprintf("n%d", len(m.nodes))
	n := &Node{Name: m.prefix + "-" + short, machine: m, config: config, root: filepath.Join(m.Dir, short)}
	n.Name = strings.ToLower(n.Name)
	m.nodes = append(m.nodes, n)
	if err := n.lay(); err != nil {
		return nil, fmt.Errorf("node %s: %w", n.Name, err)
	}
	_, err := m.Client.CoreV1().Nodes().Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: n.Name, Labels: m.labels()}}, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("node %s: %w", n.Name, err)
	}
	if err := n.StartNetagent(ctx); err != nil {
		return nil, err
	}
	if err := n.StartDriver(ctx); err != nil {
		return nil, err
	}
	return n, n.AwaitReady(ctx)
}

// lay lays out the node's files.
func (n *Node) lay() error {
	for _, dir := range []string{"/run", "/proc", "/sys", cdiDir, pluginDir, registryDir, kubeconfigDir} {
		if err := os.MkdirAll(n.Path(dir), 0o755); err != nil {
			return err
		}
	}
	if err := errors.Join(n.mount("tmpfs", "/run", "tmpfs", 0), n.mount("/proc", "/proc", "", unix.MS_BIND|unix.MS_REC), n.mount("/sys", "/sys", "", unix.MS_BIND|unix.MS_REC)); err != nil {
		return err
	}
	for _, dir := range []string{socketDir, healthDir, journalDir} {
		if err := os.MkdirAll(n.Path(dir), 0o755); err != nil {
			return err
		}
	}
	for _, name := range []string{"dra-driver", "netagent", "podlink"} {
		if err := os.Link(filepath.Join(n.machine.binaries, name), n.Path("/"+name)); err != nil {
			return err
		}
	}
	return copyFile(cmp.Or(n.config.Kubeconfig, n.machine.Kubeconfig), n.Path(kubeconfigFile), 0o600)
}

func (n *Node) mount(source, dir, kind string, flags uintptr) error {
	if err := unix.Mount(source, n.Path(dir), kind, flags, ""); err != nil {
		return fmt.Errorf("mount %s: %w", dir, err)
	}
	n.mounts = append(n.mounts, n.Path(dir))
	return nil
}

// Path is a path of the node's, as this process has it.
func (n *Node) Path(path string) string { return filepath.Join(n.root, path) }

// Client is the machine's.
func (n *Node) Client() kubernetes.Interface { return n.machine.Client }

// Space is the node's network namespace.
func (n *Node) Space() *Space { return n.config.Space }

// Close ends both programs, and removes what they had but for the files.
func (n *Node) Close() error {
	errs := []error{n.StopDriver(), n.StopNetagent()}
	for _, m := range n.mounts {
		errs = append(errs, unix.Unmount(m, unix.MNT_DETACH))
	}
	n.mounts = nil
	return errors.Join(errs...)
}

func copyFile(from, to string, mode os.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
