// Package bench measures what Hawser costs, beside what nobody can do without:
// the bare request to the kernel, a file written, a call over a Unix socket, a
// read of the API server. Floors are steps of the same rounds as what stands on
// them, so that a ratio holds whatever the machine does meanwhile; times by
// themselves say little.
//
// What is measured are the product's own programs, as shipped, on nodes of
// package rig. A group is rows that share their rounds, one file each.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/test/bench/floor"
	"github.com/hawser-dra/hawser/test/bench/measure"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// Config is what to measure.
type Config struct {
	Machine *rig.Machine
	// Place is the name that the report has for where this is.
	Place string
	// Rounds of each row.
	Rounds int
	// Only groups whose name matches are measured; nil means all.
	Only *regexp.Regexp
	// Hardware has the groups that want the test node's cards and modules.
	Hardware bool
	// Strace is the program that counts system calls; "" leaves that group out.
	Strace string
	// Log takes a line for each group.
	Log io.Writer
}

// place is where a run measures.
type place struct {
	Config
	echo *floor.Echo
}

// measurement is a group's: its name and how to get it.
type measurement struct {
	name string
	run  func(*place, context.Context) (report.Group, error)
}

// measurements are all that can be had here.
func (p *place) measurements() []measurement {
	all := []measurement{
		{"prepare", (*place).prepare},
		{"devices", (*place).devices},
		{"load", (*place).load},
		{"growth", (*place).growth},
		{"tracing", (*place).tracing},
		{"device metadata", (*place).metadata},
		{"follow", (*place).follow},
		{"podlink", (*place).podlink},
		{"start", (*place).start},
		{"slices", (*place).slices},
	}
	for _, k := range p.kinds() {
		for _, n := range []int{1, 8} {
			all = append(all, measurement{"netagent " + times(k, n), func(p *place, ctx context.Context) (report.Group, error) {
				return p.netagent(ctx, k, n)
			}})
		}
	}
	if p.Hardware {
		all = append(all, hardware...)
	}
	if p.Strace != "" {
		all = append(all, measurement{"system calls", (*place).systemCalls})
	}
	return all
}

// tries is how often a group is measured whose floor does not hold still. With few
// rounds it is measured once: nobody reads times of those.
const (
	tries = 3
)

// Run measures. A group whose floor has drifted is measured again, and void in
// the report if that does not help.
func Run(ctx context.Context, c Config) (report.Place, error) {
	p := &place{Config: c}
	if err := p.startEcho(); err != nil {
		return report.Place{}, err
	}
	defer p.echo.Close()
	out := report.Place{Name: c.Place, Kernel: kernelRelease(), CPU: cpuName(), CPUs: runtime.NumCPU()}
	for _, m := range p.measurements() {
		if c.Only != nil && !c.Only.MatchString(m.name) {
			continue
		}
		g, err := p.steady(ctx, m)
		if err != nil {
			return out, fmt.Errorf("%s: %w", m.name, err)
		}
		out.Groups = append(out.Groups, g)
	}
	out.Goals = goals(out.Groups)
	return out, nil
}

// steady measures a group until its floor holds still, or has not often enough.
func (p *place) steady(ctx context.Context, m measurement) (g report.Group, err error) {
	for range tries {
		fmt.Fprintf(p.Log, "%s: %s\n", p.Place, m.name)
		if g, err = m.run(p, ctx); err != nil || !g.Void() || p.Rounds < measure.LeastForDrift {
			break
		}
		fmt.Fprintf(p.Log, "%s: %s: the floor has drifted by %.0f %%\n", p.Place, m.name, 100*g.Drift)
	}
	g.Name, g.Rounds = m.name, p.Rounds
	return g, err
}

// row is a row of a group: a step, and what its floor is.
type row struct {
	name  string
	floor []string
}

// groupOf makes the report's rows of what was sampled: first the floors, then
// what stands on them.
func groupOf(what string, samples map[string]measure.Samples, rows ...row) (report.Group, error) {
	g := report.Group{What: what}
	var floors []row
	for _, r := range rows {
		for _, f := range r.floor {
			if !has(floors, f) && !has(rows, f) {
				floors = append(floors, row{name: f})
			}
		}
	}
	for _, r := range append(floors, rows...) {
		s, ok := samples[r.name]
		if !ok {
			return g, fmt.Errorf("no samples of %q", r.name)
		}
		out := report.Row{Name: r.name, Samples: len(s), P50: s.Median(), P90: s.Quantile(0.9), P99: s.Quantile(0.99)}
		if len(r.floor) > 0 {
			var parts []measure.Samples
			for _, f := range r.floor {
				parts = append(parts, samples[f])
			}
			whole := measure.Sum(parts...)
			out.Floor, out.FloorOf = whole.Median(), r.floor
			g.Drift = max(g.Drift, whole.Drift())
		}
		g.Rows = append(g.Rows, out)
	}
	return g, nil
}

func has(rows []row, name string) bool {
	for _, r := range rows {
		if r.name == name {
			return true
		}
	}
	return false
}

// kinds are the created kinds that the kernel here has.
func (p *place) kinds() (list []kind) {
	for _, k := range created {
		if kernelHas(k) {
			list = append(list, k)
		}
	}
	return list
}

// kernelHas tries whether the kernel makes links of a kind.
func kernelHas(k kind) bool {
	space, err := rig.NewSpace()
	if err != nil {
		return false
	}
	defer space.Close()
	err = space.Do(func() error {
		kernel, err := floor.NewKernel()
		if err != nil {
			return err
		}
		defer kernel.Close()
		l := k.link
		l.Name = "try"
		if k.parent != "" {
			l.Parent = 1
		}
		return kernel.Do(floor.Create(l))
	})
	return !errors.Is(err, unix.EOPNOTSUPP)
}

func kernelRelease() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

func cpuName() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
