package bench

import (
	"context"
	"errors"
	"fmt"

	"github.com/hawser-dra/hawser/test/bench/measure"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// Nodes that differ in the virtual functions that they offer.
const (
	noFunctions   = "no functions"
	manyFunctions = "64 functions"
)

// leastFunctions is how many the node with many has at least.
const leastFunctions = 64

// functions measures a prepare on the machine's own namespace, which has many
// virtual functions to offer, beside one that has none.
func (p *place) functions(ctx context.Context) (g report.Group, err error) {
	own, err := rig.OwnSpace()
	if err != nil {
		return g, err
	}
	defer own.Close()
	remove, err := makeFunctions()
	defer func() { err = errors.Join(err, remove()) }()
	if err != nil {
		return g, err
	}
	var turns [][]measure.Step
	var rows []row
	var offered offers
	for _, c := range []struct {
		what  string
		space *rig.Space // nil: a new one
	}{{noFunctions, nil}, {manyFunctions, own}} {
		n, err := p.newCalled(ctx, rig.NodeConfig{Space: c.space})
		if err != nil {
			return g, err
		}
		defer n.close()
		if offered, err = offersOf(ctx, n.node); err != nil {
			return g, err
		}
		these, r, err := p.sideBySide(ctx, n, c.what)
		if err != nil {
			return g, err
		}
		turns, rows = append(turns, these), append(rows, r)
	}
	if have := offered.functions(); have < leastFunctions {
		return g, fmt.Errorf("%d virtual functions are on offer, want %d", have, leastFunctions)
	}
	samples, err := measure.Turns(ctx, p.Rounds, turns...)
	if err != nil {
		return g, err
	}
	g, err = groupOf("A claim of one veth on a node with many virtual functions to offer, beside one with none.", samples, rows...)
	g.Counts = []report.Count{{Name: "virtual functions offered", Value: float64(offered.functions()), Unit: "functions"}}
	return g, err
}
