package bench

import (
	"context"

	"github.com/hawser-dra/hawser/test/bench/measure"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// grown are the nodes that prepares are measured on side by side: links on the
// host, and claims that are prepared.
var grown = []struct{ links, claims int }{{4, 0}, {100, 0}, {1000, 0}, {4000, 0}, {4, 100}, {4, 1000}}

// growth measures how a prepare depends on what else the node has.
func (p *place) growth(ctx context.Context) (report.Group, error) {
	var turns [][]measure.Step
	var rows []row
	for _, g := range grown {
		n, err := p.newCalled(ctx, rig.NodeConfig{Netagent: []string{"--max-attachments=4096"}, Driver: []string{"--slots=4096"}})
		if err != nil {
			return report.Group{}, err
		}
		defer n.close()
		if err := fill(n.space, g.links); err != nil {
			return report.Group{}, err
		}
		if err := n.hold(ctx, veth, g.claims); err != nil {
			return report.Group{}, err
		}
		these, r, err := p.sideBySide(ctx, n, grownName(g.links, g.claims))
		if err != nil {
			return report.Group{}, err
		}
		turns, rows = append(turns, these), append(rows, r)
	}
	samples, err := measure.Turns(ctx, p.Rounds, turns...)
	if err != nil {
		return report.Group{}, err
	}
	return groupOf("A claim of one veth on nodes that differ in what else they have, in the same rounds.", samples, rows...)
}

// sideBySide are the steps that prepare a claim of one veth on one of several
// nodes, with floors of that node's own, and the row of it.
func (p *place) sideBySide(ctx context.Context, n *called, what string) ([]measure.Step, row, error) {
	claim, err := n.node.Claim(ctx, veth.devices(1)...)
	if err != nil {
		return nil, row{}, err
	}
	steps := append(append(n.floors.links(veth, 1), p.get(claim.Name)), n.both("", claim)...)
	r := row{prepareRow(what), []string{createRow(veth, 1) + ", " + what, apiGet + ", " + what}}
	return named(steps, what), r, nil
}

// named are steps with the name of what they are done on.
func named(steps []measure.Step, what string) []measure.Step {
	for i, s := range steps {
		switch s.Name {
		case prepareRow(""), unprepareRow(""):
			steps[i].Name += what
		default:
			steps[i].Name += ", " + what
		}
	}
	return steps
}
