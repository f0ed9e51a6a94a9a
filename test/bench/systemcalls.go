package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// watched are the prepares whose system calls are counted.
const watched = 20

// calls that are counted, each by what a line of strace's has in it.
var counted = []struct {
	name string
	is   func(line string) bool
}{
	{"fsync", contains("sync(")},
	{"links dumped", contains("RTM_GETLINK", "NLM_F_DUMP")},
	{"virtual functions asked for", contains("RTEXT_FILTER_VF")},
	{"journal entries renamed in", contains("rename", "/run/hawser/netagent/")},
	{"records renamed in", contains("rename", ".alloc.json")},
	{"specs renamed in", contains("rename", "/etc/cdi/")},
	{linkRequests, contains("send", "RTM_")},
}

// linkRequests shows that netlink was read at all.
const linkRequests = "requests to rtnetlink"

func contains(parts ...string) func(string) bool {
	return func(line string) bool {
		for _, p := range parts {
			if !strings.Contains(line, p) {
				return false
			}
		}
		return true
	}
}

// systemCalls counts what both programs ask the kernel for in a prepare.
func (p *place) systemCalls(ctx context.Context) (report.Group, error) {
	g := report.Group{What: "What both programs ask the kernel for in a prepare of one veth, by strace."}
	n, err := p.newCalled(ctx, rig.NodeConfig{})
	if err != nil {
		return g, err
	}
	defer n.close()
	claims, err := n.node.Claims(ctx, watched, veth.devices(1)...)
	if err != nil {
		return g, err
	}
	lines, err := p.stracing(ctx, n.node, func() error {
		for _, c := range claims {
			if err := n.kubelet.Prepare(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return g, err
	}
	for _, c := range counted {
		found := 0
		for _, line := range lines {
			if c.is(line) {
				found++
			}
		}
		g.Counts = append(g.Counts, report.Count{Name: c.name, Value: float64(found) / watched, Unit: "a prepare"})
	}
	return g, nil
}

// stracing returns the system calls of the node's programs during act.
func (p *place) stracing(ctx context.Context, n *rig.Node, act func() error) ([]string, error) {
	out := filepath.Join(p.machine.Dir, "strace")
	c := exec.CommandContext(ctx, p.Strace, "-f", "-s", "4096", "-o", out,
		"-e", "trace=fsync,fdatasync,rename,renameat,renameat2,sendto,sendmsg",
		"-p", strconv.Itoa(n.DriverPID()), "-p", strconv.Itoa(n.NetagentPID()))
	var said bytes.Buffer
	c.Stderr = &said
	// In netagent's network namespace, where strace can ask what its sockets are.
	if err := n.Space().Do(c.Start); err != nil {
		return nil, fmt.Errorf("strace: %w", err)
	}
	err := eventually("strace attaches", func() (bool, error) {
		driver, err := tracedBy(n.DriverPID())
		if err != nil {
			return false, err
		}
		netagent, err := tracedBy(n.NetagentPID())
		return driver && netagent, err
	})
	if err == nil {
		err = act()
	}
	err = errors.Join(err, c.Process.Signal(unix.SIGINT))
	_ = c.Wait() // it ends by the signal
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, said.String())
	}
	return readLines(out)
}

// tracedBy says whether all threads of a process are being traced.
func tracedBy(pid int) (bool, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil {
		return false, err
	}
	for _, t := range tasks {
		text, err := os.ReadFile(t)
		if err != nil {
			return false, err
		}
		if strings.Contains(string(text), "TracerPid:\t0\n") {
			return false, nil
		}
	}
	return true, nil
}

func readLines(path string) (lines []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	return lines, s.Err()
}
