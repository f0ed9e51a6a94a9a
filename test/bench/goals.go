package bench

import (
	"fmt"
	"strings"
	"time"

	"github.com/hawser-dra/hawser/test/bench/report"
)

// goals are what the project holds itself to, told of those groups that were
// measured.
func goals(groups []report.Group) (list []report.Goal) {
	for _, g := range groups {
		if judge, ok := judges[g.Name]; ok {
			list = append(list, judge(figures{g})...)
		} else if k, ok := strings.CutPrefix(g.Name, "netagent "); ok {
			list = append(list, figures{g}.split(k)...)
		}
	}
	return list
}

// judges tell the goals of a group.
var judges = map[string]func(figures) []report.Goal{
	"prepare":      figures.prepare,
	"devices":      figures.devices,
	"load":         figures.load,
	"growth":       figures.growth,
	"tracing":      figures.tracing,
	"start":        figures.start,
	"slices":       figures.slices,
	"flaps":        figures.flaps,
	"system calls": figures.systemCalls,
}

// figures are a group's, by name. What was not measured is zero.
type figures struct{ group report.Group }

func (f figures) row(name string) report.Row {
	for _, r := range f.group.Rows {
		if r.Name == name {
			return r
		}
	}
	return report.Row{}
}

func (f figures) count(prefix string) float64 {
	for _, c := range f.group.Counts {
		if strings.HasPrefix(c.Name, prefix) {
			return c.Value
		}
	}
	return 0
}

// own is what of a row is not its floor.
func (f figures) own(name string) time.Duration { r := f.row(name); return r.P50 - r.Floor }

// prepare leaves the read of the API server out: it is the kubelet helper's.
func (f figures) prepare() (list []report.Goal) {
	get := f.row(apiGet).P50
	for _, k := range created {
		if r := f.row(prepareRow(k.name)); r.Floor > get {
			list = append(list, report.Goal{
				Name: "prepare " + k.name + ", without the API GET, to its floor", Value: ratio(r.P50-get, r.Floor-get), Limit: 2.5, Unit: "×",
			})
		}
	}
	return list
}

func (f figures) devices() (list []report.Goal) {
	for _, k := range created {
		one, eight := f.row(prepareRow(k.name)).P50, f.row(prepareRow(times(k, 8))).P50
		if one > 0 {
			list = append(list, report.Goal{Name: "prepare 8 " + k.name + " to one", Value: ratio(eight, one), Limit: 3, Unit: "×"})
		}
	}
	return list
}

func (f figures) load() (list []report.Goal) {
	for _, beside := range []string{"", besideThousand} {
		for _, goal := range []struct {
			atOnce int
			least  float64
		}{{1, 500}, {8, 1200}} {
			name := loadRow(burst, goal.atOnce, beside)
			list = append(list, report.Goal{Name: name, Value: f.rate(name), Limit: goal.least, AtLeast: true, Unit: "claims/s"})
		}
	}
	return append(list, report.Goal{
		Name: "burst of 48, p99", Value: float64(f.row(loadRow(48, 48, "")).P99) / float64(time.Millisecond), Limit: 120, Unit: "ms",
	})
}

func (f figures) rate(name string) float64 {
	for _, c := range f.group.Counts {
		if c.Name == name {
			return c.Value
		}
	}
	return 0
}

// growth is of our own cost: the kernel's and the API server's are taken off.
func (f figures) growth() (list []report.Goal) {
	first := prepareRow(grownName(grown[0].links, grown[0].claims))
	for _, g := range grown {
		if g.links == 4000 || g.claims == 1000 {
			what := grownName(g.links, g.claims)
			list = append(list, report.Goal{Name: "own cost with " + what + ", to that with " + grownName(grown[0].links, grown[0].claims),
				Value: ratio(f.own(prepareRow(what)), f.own(first)), Limit: 1.1, Unit: "×"})
		}
	}
	return list
}

func (f figures) tracing() []report.Goal {
	return []report.Goal{{Name: "prepare traced, to untraced", Value: f.row(prepareRow(traced)).Ratio(), Limit: 1.05, Unit: "×"}}
}

func (f figures) start() []report.Goal {
	return []report.Goal{
		{Name: "netagent resident with 250 claims", Value: f.count(resident + "netagent, " + restoring(held)), Limit: 16, Unit: "MiB"},
		{Name: "driver resident with 250 claims", Value: f.count(resident + "driver, " + restoring(held)), Limit: 48, Unit: "MiB"},
		{Name: "start to ready with 250 claims", Value: f.row(driverReady + restoring(held)).P50.Seconds(), Limit: 1, Unit: "s"},
	}
}

func (f figures) slices() []report.Goal {
	return []report.Goal{{Name: "API writes when nothing changes", Value: f.count(idleWrites), Limit: 0, Unit: "writes"}}
}

func (f figures) flaps() (list []report.Goal) {
	for _, c := range f.group.Counts {
		if strings.HasPrefix(c.Name, mostWrites) {
			list = append(list, report.Goal{Name: c.Name, Value: c.Value, Limit: 1, Unit: "writes"})
		}
	}
	return list
}

func (f figures) systemCalls() (list []report.Goal) {
	for _, c := range counted {
		if c.name != linkRequests {
			list = append(list, report.Goal{Name: c.name, Value: f.count(c.name), Limit: c.most, Unit: "a prepare"})
		}
	}
	return list
}

// split is what two processes cost more than one.
func (f figures) split(kind string) []report.Goal {
	one := f.row(attachOnceRow).P50
	if one == 0 {
		return nil
	}
	return []report.Goal{{
		Name: "the split, " + kind, Value: float64((f.row(attachRow).P50 - one).Microseconds()), Limit: 80, Unit: "µs",
	}}
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(1, b)) }

func grownName(links, claims int) string { return fmt.Sprintf("%d links, %d claims", links, claims) }

func loadRow(claims, atOnce int, beside string) string {
	return fmt.Sprintf("%d claims, %d at once%s", claims, atOnce, beside)
}
