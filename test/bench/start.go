package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/hawser-dra/hawser/test/bench/measure"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// held is how many claims the node with claims has.
const held = 250

func restoring(claims int) string { return fmt.Sprintf("%d claims", claims) }

const (
	netagentStart = "netagent, start to socket, "
	driverStart   = "driver, start to registered, "
	driverReady   = "driver, start to ready, "
)

// start measures both programs' starts, on a node without claims and on one with
// many, and what they then have in memory.
func (p *place) start(ctx context.Context) (report.Group, error) {
	var steps []measure.Step
	var rows []row
	var nodes []*called
	for _, claims := range []int{0, held} {
		n, err := p.newCalled(ctx, rig.NodeConfig{Driver: []string{"--slots=512"}})
		if err != nil {
			return report.Group{}, err
		}
		defer n.close()
		if err := n.hold(ctx, veth, claims); err != nil {
			return report.Group{}, err
		}
		nodes = append(nodes, n)
		what := restoring(claims)
		steps = append(steps, n.starts(what)...)
		rows = append(rows,
			row{netagentStart + what, []string{versionRow("netagent")}},
			row{driverStart + what, []string{versionRow("dra-driver")}},
			row{driverReady + what, []string{versionRow("dra-driver")}})
	}
	for _, name := range []string{"netagent", "dra-driver"} {
		steps = append(steps, measure.Timed(versionRow(name), func(context.Context) error { return nodes[0].node.Version(name) }))
	}
	samples, err := measure.Rounds(ctx, p.Rounds, steps...)
	if err != nil {
		return report.Group{}, err
	}
	g, err := groupOf("A start in a container's place, beside the same program that prints its version and ends.", samples, rows...)
	if err != nil {
		return g, err
	}
	g.Counts, err = memories(nodes)
	return g, err
}

func versionRow(program string) string { return "run " + program + " --version" }

// starts are the steps that end both programs and start them.
func (c *called) starts(what string) []measure.Step {
	var registered time.Duration
	return []measure.Step{
		measure.Untimed(func(context.Context) error {
			if err := c.node.StopDriver(); err != nil {
				return err
			}
			return c.node.StopNetagent()
		}),
		measure.Timed(netagentStart+what, c.node.StartNetagent),
		{Name: driverStart + what, Do: func(ctx context.Context) (_ time.Duration, err error) {
			registered, err = measure.Time(ctx, c.node.StartDriver)
			return registered, err
		}},
		{Name: driverReady + what, Do: func(ctx context.Context) (time.Duration, error) {
			more, err := measure.Time(ctx, c.node.AwaitReady)
			return registered + more, err
		}},
	}
}

// memories are what the programs of the nodes have in memory.
func memories(nodes []*called) (counts []report.Count, err error) {
	for i, claims := range []int{0, held} {
		for _, program := range []string{"driver", "netagent"} {
			m, err := nodes[i].node.Memory(program)
			if err != nil {
				return nil, err
			}
			counts = append(counts,
				report.Count{Name: resident + program + ", " + restoring(claims), Value: m.Resident, Unit: "MiB"},
				report.Count{Name: ofItself + program + ", " + restoring(claims), Value: m.Own, Unit: "MiB"})
		}
	}
	return counts, nil
}

const (
	resident = "resident, "
	ofItself = "of that not of its file, "
)
