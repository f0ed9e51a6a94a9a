package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hawser-dra/hawser/test/internal/process"
)

// etcdSocket is where etcd listens, in the cluster's directory: it is the
// working directory of both etcd and the API server.
const etcdSocket = "unix://etcd.sock:0"

// portTries is how often the API server is started when the port that was free
// is not any more.
const portTries = 3

// startEtcd keeps nothing that must survive the machine: no fsync.
func (c *Cluster) startEtcd() error {
	return c.kube("etcd", "--name=etcd", "--data-dir=etcd", "--unsafe-no-fsync", "--log-level=warn",
		"--listen-client-urls="+etcdSocket, "--advertise-client-urls="+etcdSocket,
		"--listen-peer-urls=unix://etcd-peer.sock:0", "--initial-advertise-peer-urls=unix://etcd-peer.sock:0",
		"--initial-cluster=etcd=unix://etcd-peer.sock:0")
}

// startAPIServer starts it on a free port and waits until it serves.
func (c *Cluster) startAPIServer(ctx context.Context, o Options) error {
	for try := 1; ; try++ {
		err := c.tryAPIServer(ctx, o)
		if err == nil || try == portTries || !strings.Contains(err.Error(), "address already in use") {
			return err
		}
		c.state.Processes = slices.DeleteFunc(c.state.Processes, func(p process.Process) bool { return !p.Alive() })
	}
}

func (c *Cluster) tryAPIServer(ctx context.Context, o Options) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	if err := writeKubeconfig(c.Kubeconfig(), c.path(pkiDir), "admin", "https://127.0.0.1:"+port); err != nil {
		return err
	}
	if err := c.connect(); err != nil {
		return err
	}
	if err := c.kube("kube-apiserver", c.apiServerArgs(o, port)...); err != nil {
		return err
	}
	if err := c.await(ctx, "the API server", c.Check, c.serves); err != nil {
		return err
	}
	// From now on the node's relay knows where to go.
	target := net.JoinHostPort(hostAddress, port)
	return os.WriteFile(filepath.Join(c.nodeFiles(), "apiserver"), []byte(target), 0o644)
}

func (c *Cluster) apiServerArgs(o Options, port string) []string {
	args := []string{
		"--etcd-servers=" + etcdSocket,
		"--bind-address=127.0.0.1", "--secure-port=" + port, "--advertise-address=" + hostAddress,
		"--service-cluster-ip-range=" + serviceRange, "--endpoint-reconciler-type=none",
		"--client-ca-file=pki/ca.crt", "--tls-cert-file=pki/apiserver.crt", "--tls-private-key-file=pki/apiserver.key",
		"--kubelet-certificate-authority=pki/ca.crt", "--kubelet-preferred-address-types=InternalIP",
		"--kubelet-client-certificate=pki/apiserver-kubelet.crt", "--kubelet-client-key=pki/apiserver-kubelet.key",
		"--service-account-key-file=pki/service-account.pub", "--service-account-signing-key-file=pki/service-account.key",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
		"--runtime-config=resource.k8s.io/v1=true,resource.k8s.io/v1beta2=true,resource.k8s.io/v1alpha3=true",
		"--profiling=false", featureGates(o),
	}
	if !o.NoNode {
		args = append(args, "--egress-selector-config-file=egress.yaml")
	}
	if o.AuditLog {
		args = append(args, "--audit-policy-file=audit.yaml", "--audit-log-path="+c.AuditLogFile())
	}
	return append(args, o.APIServerArgs...)
}

// startControllers starts what needs a serving API server. Neither serves
// anything itself.
func (c *Cluster) startControllers(o Options) error {
	err := c.kube("kube-controller-manager", append([]string{
		"--kubeconfig=controller-manager.kubeconfig", "--secure-port=0",
		"--root-ca-file=pki/ca.crt", "--service-account-private-key-file=pki/service-account.key",
		"--use-service-account-credentials=true", "--leader-elect=false", featureGates(o),
	}, o.ControllerArgs...)...)
	if err != nil {
		return err
	}
	return c.kube("kube-scheduler", append([]string{
		"--kubeconfig=scheduler.kubeconfig", "--secure-port=0", "--leader-elect=false", featureGates(o),
	}, o.SchedulerArgs...)...)
}

// kube starts one of the programs that Kubernetes is.
func (c *Cluster) kube(name string, args ...string) error {
	return c.run(name, exec.Command(c.state.Kubernetes, append([]string{name}, args...)...))
}

// run starts a program in the cluster's directory and writes it down.
func (c *Cluster) run(name string, cmd *exec.Cmd) error {
	cmd.Dir = c.dir
	p, err := process.Start(cmd, name, c.path(logsDir, name+".log"), c.attached)
	if err != nil {
		return err
	}
	c.state.Processes = append(c.state.Processes, p)
	return c.state.write(c.dir)
}

func featureGates(o Options) string {
	var gates []string
	for name, on := range o.FeatureGates {
		gates = append(gates, fmt.Sprintf("%s=%t", name, on))
	}
	slices.Sort(gates)
	return "--feature-gates=" + strings.Join(gates, ",")
}

// freePort is a port of 127.0.0.1 that nobody listened on a moment ago.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}
