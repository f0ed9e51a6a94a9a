package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/hawser-dra/hawser/test/node"
)

// Addresses, in the node's view. The first two are those of QEMU's user network.
const (
	hostAddress    = "10.0.2.2"
	nodeAddress    = "10.0.2.15"
	serviceAddress = "10.96.0.1"
	serviceRange   = "10.96.0.0/16"
)

// nodeName is the Node's name, which is the virtual machine's host name.
const nodeName = "node"

// Cluster is one that runs.
type Cluster struct {
	dir      string
	attached bool
	state    state
	vm       *node.VM
	client   kubernetes.Interface
}

// Up starts a cluster and waits until its node is ready. If that fails, nothing
// runs any more, but the directory with its logs stays, until Down or the next
// Up with the same directory.
func Up(ctx context.Context, o Options) (*Cluster, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.FeatureGates == nil {
		o.FeatureGates = DefaultFeatureGates
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start a cluster: %w", err)
	}
	unlock, err := claimDir(dir)
	if err != nil {
		return nil, fmt.Errorf("start a cluster: %w", err)
	}
	defer unlock()
	c := &Cluster{dir: dir, attached: o.Attached, state: state{Kubernetes: o.Parts.Kubernetes}}
	if err := c.start(ctx, o); err != nil {
		err = fmt.Errorf("start a cluster: %w\nall logs are in %s", err, c.path(logsDir))
		running, stateErr := processes(dir)
		return nil, errors.Join(err, stateErr, kill(context.WithoutCancel(ctx), running))
	}
	return c, nil
}

// Open finds the cluster that was started in dir.
func Open(dir string) (*Cluster, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir}
	if c.state, err = readState(dir); err != nil {
		return nil, fmt.Errorf("find the cluster: %w", err)
	}
	if c.vm, err = node.Open(c.path(vmDir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("find the cluster in %s: %w", dir, err)
	}
	return c, c.connect()
}

// Kubeconfig is the path of the administrator's kubeconfig.
func (c *Cluster) Kubeconfig() string { return c.path(kubeconfigFile) }

// Kubectl is a command that runs kubectl on the cluster.
func (c *Cluster) Kubectl(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.state.Kubernetes, append([]string{"kubectl"}, args...)...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.Kubeconfig())
	return cmd
}

// CPUTime is what each program of the control plane has used until now, by its name.
func (c *Cluster) CPUTime() (map[string]time.Duration, error) {
	used := map[string]time.Duration{}
	for _, p := range c.state.Processes {
		t, err := p.CPUTime()
		if err != nil {
			return nil, err
		}
		used[p.Name] = t
	}
	return used, nil
}

// AuditLogFile has the API server's audit events, if Options asked for them.
func (c *Cluster) AuditLogFile() string { return c.path(logsDir, "audit.log") }

// Node is the virtual machine: run scripts in it, reach into its network. Nil if
// there is none.
func (c *Cluster) Node() *node.VM { return c.vm }

// Client is an administrator's client, without a limit of its own on requests.
func (c *Cluster) Client() kubernetes.Interface { return c.client }

// RESTConfig is for clients of other kinds.
func (c *Cluster) RESTConfig() (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig())
	if err != nil {
		return nil, fmt.Errorf("read the cluster's kubeconfig: %w", err)
	}
	config.QPS = -1
	return config, nil
}

func (c *Cluster) connect() error {
	config, err := c.RESTConfig()
	if err != nil {
		return err
	}
	c.client, err = kubernetes.NewForConfig(config)
	return err
}

func (c *Cluster) path(elem ...string) string {
	return filepath.Join(append([]string{c.dir}, elem...)...)
}
