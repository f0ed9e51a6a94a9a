// Package rig is a node for the benchmark: the driver and netagent as shipped,
// each a process with the capabilities and the flags that it has in its
// container, on a real kernel and with a real API server. In the kubelet's place
// is a stand-in that makes the kubelet's calls.
//
// Any number of nodes are on one machine, each with a root directory and a
// network namespace of its own, so that two that differ in one thing can be
// measured in the same rounds.
package rig

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/hawser-dra/hawser/internal/kubeclient"
)

// DriverName is the driver's, as shipped.
const DriverName = "dra.example.com"

// noLimit of requests a second.
const noLimit = -1

// Machine is where nodes are.
type Machine struct {
	// Dir is for what the nodes have on disk. It is removed in the end.
	Dir string
	// binaries has those of the product, for nodes to link.
	binaries string
	// Kubeconfig is an administrator's.
	Kubeconfig string
	// Client has the settings that the driver's has, without its limits.
	Client kubernetes.Interface

	// prefix sets names of one run in the cluster apart from those of others.
	prefix string
	own    *Space
	nodes  []*Node
}

// NewMachine returns a machine without nodes.
func NewMachine(dir, binaries, kubeconfig string) (*Machine, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("access to the API server: %w", err)
	}
	kubeclient.Configure(config, noLimit, 0)
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("access to the API server: %w", err)
	}
	own, err := OwnSpace()
	if err != nil {
		return nil, err
	}
	// Paths of sockets are short.
	root, err := os.MkdirTemp(dir, "hb")
	if err != nil {
		return nil, err
	}
	m := &Machine{Dir: root, binaries: filepath.Join(root, "bin"), Kubeconfig: kubeconfig, Client: client, prefix: filepath.Base(root), own: own}
	return m, os.CopyFS(m.binaries, os.DirFS(binaries))
}

// Close ends all nodes and removes what they had, on the disk and in the cluster.
func (m *Machine) Close() error {
	var errs []error
	for _, n := range m.nodes {
		errs = append(errs, n.Close())
	}
	return errors.Join(append(errs, m.forget(), os.RemoveAll(m.Dir))...)
}
