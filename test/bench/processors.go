package bench

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/prometheus/procfs"

	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
	"github.com/hawser-dra/hawser/test/internal/process"
)

// Who uses processor time while claims are prepared.
const (
	byDriver   = "driver"
	byNetagent = "netagent"
	byKubelet  = "the kubelet's stand-in"
	byKernel   = "the kernel's own threads"
	byOthers   = "API server and etcd" // and whatever else runs
)

// kernelThread is PF_KTHREAD of a process's flags.
const kernelThread = 0x00200000

// spent is processor time by who used it.
type spent map[string]time.Duration

// processors is what was used since the machine started, by processes that live.
func processors(n *rig.Node) (spent, error) {
	all, err := procfs.AllProcs()
	if err != nil {
		return nil, err
	}
	s := spent{}
	for _, p := range all {
		stat, err := p.Stat()
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it has ended meanwhile
		}
		if err != nil {
			return nil, err
		}
		s[user(n, stat)] += process.Used(stat)
	}
	return s, nil
}

func user(n *rig.Node, p procfs.ProcStat) string {
	switch {
	case p.PID == n.DriverPID():
		return byDriver
	case p.PID == n.NetagentPID():
		return byNetagent
	case p.PID == os.Getpid():
		return byKubelet
	case p.Flags&kernelThread != 0:
		return byKernel
	}
	return byOthers
}

// usedBy is what was used while something was done.
func usedBy(n *rig.Node, do func() error) (spent, error) {
	before, err := processors(n)
	if err != nil {
		return nil, err
	}
	if err := do(); err != nil {
		return nil, err
	}
	used, err := processors(n)
	for who := range used {
		used[who] -= before[who]
	}
	return used, err
}

// add adds what was used otherwise.
func (s spent) add(more spent) {
	for who, t := range more {
		s[who] += t
	}
}

// counts tell what a claim took.
func (s spent) counts(row string, claims int) (list []report.Count) {
	for _, who := range slices.Sorted(maps.Keys(s)) {
		list = append(list, report.Count{
			Name: "processors, " + row + ": " + who, Value: float64(s[who].Microseconds()) / 1000 / float64(claims), Unit: "ms a claim",
		})
	}
	return list
}
