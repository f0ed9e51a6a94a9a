package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/controlplane/health"
)

// startTimeout bounds how long a program may take until it serves.
const startTimeout = time.Minute

// netAdmin is the one capability that netagent has.
var netAdmin = strconv.Itoa(unix.CAP_NET_ADMIN)

// program is one that runs.
type program struct {
	*exec.Cmd
	log   string
	ended chan error
}

// start runs one of the node's programs: netagent in the node's network
// namespace, the driver in that of this process, which the API server is in.
func (n *Node) start(name string, space *Space, capability string, env []string, args ...string) (*program, error) {
	log := n.Path("/" + name + ".log")
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	c := contained(n.root, space, capability, append([]string{"/" + name}, args...)...)
	c.Env, c.Stdout, c.Stderr = append(c.Env, env...), out, out
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &program{Cmd: c, log: log, ended: make(chan error, 1)}
	go func() { p.ended <- c.Wait() }()
	return p, nil
}

// await waits until ready is nil, and fails if the program ends before.
func (p *program) await(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for began := time.Now(); ; {
		last := ready(ctx)
		if last == nil {
			return nil
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			return fmt.Errorf("%s ended: %w\n%s", filepath.Base(p.log), err, p.said())
		case <-ctx.Done():
			return fmt.Errorf("%s: not ready in time: %w\n%s", filepath.Base(p.log), last, p.said())
		case <-time.After(max(time.Millisecond, time.Since(began)/100)): // which is as exact as a start's time need be
		}
	}
}

// said is the end of what the program has printed.
func (p *program) said() string {
	text, _ := os.ReadFile(p.log)
	return string(text[max(0, len(text)-2000):])
}

func (p *program) stop() error {
	if p == nil {
		return nil
	}
	if err := p.Process.Signal(unix.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case err := <-p.ended:
		if _, bySignal := errors.AsType[*exec.ExitError](err); bySignal {
			return nil
		}
		return err
	case <-time.After(startTimeout):
		return errors.Join(fmt.Errorf("%s does not end", filepath.Base(p.log)), p.Process.Kill())
	}
}

// StartNetagent starts netagent and returns when its socket is there.
func (n *Node) StartNetagent(ctx context.Context) (err error) {
	args := append([]string{"--allow-peer=0:0", "--allow-parents=up*,eth*,ib*", "--allow-devices=eth*", "--allow-rdma=*", "--socket=" + socketDir + "/netagent.sock", "--journal-dir=" + journalDir}, n.config.Netagent...)
	if n.netagent, err = n.start("netagent", n.config.Space, netAdmin, nil, args...); err != nil {
		return err
	}
	return n.netagent.await(ctx, func(context.Context) error { return connects(n.NetagentSocket()) })
}

// StopNetagent ends netagent, if it runs.
func (n *Node) StopNetagent() error {
	p := n.netagent
	n.netagent = nil
	return p.stop()
}

// StartDriver starts the driver, and registers it as the kubelet does.
func (n *Node) StartDriver(ctx context.Context) (err error) {
	n.lives++
	args := append([]string{"--driver-name=" + DriverName, "--node-name=" + n.Name, "--pod-uid=" + n.podUID(), "--kubeconfig=" + kubeconfigFile}, n.config.Driver...)
	if n.driver, err = n.start("dra-driver", n.machine.own, "", n.config.Env, args...); err != nil {
		return err
	}
	return n.driver.await(ctx, n.register)
}

// AwaitReady returns when the driver says that it is ready: when it has taken up
// all claims.
func (n *Node) AwaitReady(ctx context.Context) error {
	return n.driver.await(ctx, func(ctx context.Context) error {
		return health.Ask(ctx, n.Path(healthDir+"/health.sock"), health.Ready)
	})
}

// StopDriver ends the driver, if it runs.
func (n *Node) StopDriver() error {
	p := n.driver
	n.driver = nil
	return p.stop()
}

// podUID is another one for each life of the driver, as in a DaemonSet.
func (n *Node) podUID() string { return fmt.Sprintf("p%d", n.lives) }

// NetagentSocket is netagent's.
func (n *Node) NetagentSocket() string { return n.Path(socketDir + "/netagent.sock") }

// DriverPID and NetagentPID are the processes that run.
func (n *Node) DriverPID() int { return n.driver.Process.Pid }

// NetagentPID is described with [Node.DriverPID].
func (n *Node) NetagentPID() int { return n.netagent.Process.Pid }

// Memory is what a process has in memory, in MiB.
type Memory struct {
	Resident float64 // VmRSS, see proc(5)
	Own      float64 // RssAnon: the rest is the program's file, which the kernel can drop
}

// Memory is that of "driver" or "netagent".
func (n *Node) Memory(name string) (Memory, error) {
	pid := n.DriverPID()
	if name == "netagent" {
		pid = n.NetagentPID()
	}
	p, err := procfs.NewProc(pid)
	if err != nil {
		return Memory{}, err
	}
	status, err := p.NewStatus()
	if err != nil {
		return Memory{}, err
	}
	if status.VmRSS == 0 {
		return Memory{}, errors.New("the kernel does not tell VmRSS")
	}
	return Memory{Resident: float64(status.VmRSS) / mib, Own: float64(status.RssAnon) / mib}, nil
}

const mib = 1 << 20

// Version runs one of the node's programs that prints its version and ends.
func (n *Node) Version(name string) error {
	c := contained(n.root, n.config.Space, "", "/"+name, "--version")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s --version: %w: %s", name, err, out)
	}
	return nil
}
