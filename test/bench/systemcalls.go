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
	"slices"
	"strconv"
	"strings"
	"time"

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
	most float64 // a prepare; for those that are held to something
}{
	{"fsync", contains("sync("), 0},
	{"links dumped", contains("RTM_GETLINK", "NLM_F_DUMP"), 0},
	{"virtual functions asked for", contains("RTEXT_FILTER_VF"), 0},
	{"journal entries written", anyOf(contains("linkat(", "/run/hawser/netagent/"), contains("rename", "/run/hawser/netagent/")), 1},
	{"journal listed", contains("getdents64(", "/run/hawser/netagent>"), 0},
	{"records written", contains("rename", ".alloc.json"), 1},
	{"specs written", contains("rename", "/etc/cdi/"), 1},
	{linkRequests, contains("send", "RTM_"), 0},
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

func anyOf(is ...func(string) bool) func(string) bool {
	return func(line string) bool {
		return slices.ContainsFunc(is, func(is func(string) bool) bool { return is(line) })
	}
}

// systemCalls counts what both programs ask the kernel for in a prepare.
func (p *place) systemCalls(ctx context.Context) (report.Group, error) {
	g := report.Group{What: "What both programs ask the kernel for while a prepare of one veth is under way, by strace."}
	n, err := p.newCalled(ctx, rig.NodeConfig{})
	if err != nil {
		return g, err
	}
	defer n.close()
	claims, err := n.node.Claims(ctx, watched, veth.devices(1)...)
	if err != nil {
		return g, err
	}
	var calls []window
	lines, err := p.stracing(ctx, n.node, func() error {
		for _, c := range claims {
			began := time.Now()
			if err := n.kubelet.Prepare(ctx, c); err != nil {
				return err
			}
			calls = append(calls, window{began, time.Now()})
			if err := rest(ctx, apart); err != nil {
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
			if c.is(line.text) && slices.ContainsFunc(calls, line.in) {
				found++
			}
		}
		g.Counts = append(g.Counts, report.Count{Name: c.name, Value: float64(found) / watched, Unit: "a prepare"})
	}
	return g, nil
}

// apart is more than what netagent's inventory waits after a change before it
// reads the node's links again: that is not a prepare's.
const apart = 500 * time.Millisecond

// window is when a call was under way.
type window struct{ from, to time.Time }

// systemCall is a line of strace's.
type systemCall struct {
	at   time.Time
	text string
}

func (c systemCall) in(w window) bool { return !c.at.Before(w.from) && !c.at.After(w.to) }

// stracing returns the system calls of the node's programs during act.
func (p *place) stracing(ctx context.Context, n *rig.Node, act func() error) ([]systemCall, error) {
	out := filepath.Join(p.Machine.Dir, "strace")
	c := exec.CommandContext(ctx, p.Strace, "-f", "-y", "-ttt", "-s", "4096", "-o", out,
		"-e", "trace=getdents64,fsync,fdatasync,linkat,rename,renameat,renameat2,sendto,sendmsg",
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
	return readCalls(out)
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

// readCalls reads lines of a process, the seconds since 1970, and the call.
func readCalls(path string) (calls []systemCall, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		fields := strings.Fields(s.Text())
		if len(fields) < 3 {
			continue
		}
		seconds, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			return nil, fmt.Errorf("strace: %q: %w", s.Text(), err)
		}
		calls = append(calls, systemCall{time.UnixMicro(int64(seconds * 1e6)), s.Text()})
	}
	return calls, s.Err()
}
