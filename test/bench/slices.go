package bench

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// thousand is how many claims the requests are told for.
const thousand = 1000

// settled is longer than the driver waits before it writes the status of a claim
// that no container has asked for: 5 s.
const settled = 6 * time.Second

// idleWrites is the count of writes while nothing changes.
const idleWrites = "writes while nothing changes"

// slices counts what the driver asks of the API server.
func (p *place) slices(ctx context.Context) (report.Group, error) {
	g := report.Group{What: "Requests of one driver to the API server, counted on their way."}
	counter, err := p.Machine.NewCounter()
	if err != nil {
		return g, err
	}
	defer counter.Close()
	n, err := p.newCalled(ctx, rig.NodeConfig{Kubeconfig: counter.Kubeconfig})
	if err != nil {
		return g, err
	}
	defer n.close()
	if err := rest(ctx, settled); err != nil {
		return g, err
	}
	g.Counts = append(g.Counts, requests("start", counter.Take(), 1)...)
	claims := min(thousand, p.Rounds)
	if err := n.comeAndGo(ctx, claims); err != nil {
		return g, err
	}
	g.Counts = append(g.Counts, requests("1000 claims", counter.Take(), thousand/float64(claims))...)
	// A share of an hour that grows with the rounds, 5 minutes for a thousand.
	idle := time.Duration(p.Rounds) * 300 * time.Millisecond
	if err := rest(ctx, idle); err != nil {
		return g, err
	}
	quiet := counter.Take()
	g.Counts = append(g.Counts, report.Count{Name: fmt.Sprintf("%s, for %v", idleWrites, idle), Value: float64(writes(quiet)), Unit: "writes"})
	g.Counts = append(g.Counts, requests("idle hour", quiet, float64(time.Hour)/float64(idle))...)
	return g, nil
}

// comeAndGo prepares claims, leaves the driver the time to write their status, and
// takes them back, some at a time.
func (c *called) comeAndGo(ctx context.Context, count int) error {
	const some = 100
	claims, err := c.node.Claims(ctx, count, veth.devices(1)...)
	if err != nil {
		return err
	}
	for these := range slices.Chunk(claims, some) {
		for _, claim := range these {
			if err := c.patiently(ctx, func() error { return c.kubelet.Prepare(ctx, claim) }); err != nil {
				return err
			}
		}
		if err := rest(ctx, settled); err != nil {
			return err
		}
		for _, claim := range these {
			if err := c.patiently(ctx, func() error { return c.kubelet.Unprepare(ctx, claim) }); err != nil {
				return err
			}
		}
	}
	return rest(ctx, settled)
}

// requests are counts by what was asked for.
func requests(during string, counts map[string]int, factor float64) (list []report.Count) {
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, report.Count{Name: during + ": " + what, Value: float64(counts[what]) * factor, Unit: "requests"})
	}
	return list
}

// writes counts those that change something.
func writes(counts map[string]int) (n int) {
	for what, count := range counts {
		if verb, _, _ := strings.Cut(what, " "); writing(verb) {
			n += count
		}
	}
	return n
}

func writing(verb string) bool { return verb != "GET" && verb != "WATCH" }
