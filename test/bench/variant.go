package bench

import (
	"context"

	"github.com/hawser-dra/hawser/test/bench/measure"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// variant is a node that differs in how its driver is run.
type variant struct {
	name   string
	config rig.NodeConfig
}

// variants measures a claim of one veth on nodes side by side; the first is the
// floor of the others.
func (p *place) variants(ctx context.Context, what string, nodes ...variant) (report.Group, error) {
	var turns [][]measure.Step
	var rows []row
	for _, v := range nodes {
		n, err := p.newCalled(ctx, v.config)
		if err != nil {
			return report.Group{}, err
		}
		defer n.close()
		claim, err := n.node.Claim(ctx, veth.devices(1)...)
		if err != nil {
			return report.Group{}, err
		}
		turns = append(turns, n.both(v.name, claim))
		if first := nodes[0].name; v.name != first {
			rows = append(rows, row{prepareRow(v.name), []string{prepareRow(first)}}, row{unprepareRow(v.name), []string{unprepareRow(first)}})
		}
	}
	samples, err := measure.Turns(ctx, p.Rounds, turns...)
	if err != nil {
		return report.Group{}, err
	}
	return groupOf(what, samples, rows...)
}

// Nodes that differ in the files for KEP-5304.
const (
	withoutMetadata = "as shipped"
	withMetadata    = "with --device-metadata"
)

// metadata measures prepares that write the devices' metadata too.
func (p *place) metadata(ctx context.Context) (report.Group, error) {
	return p.variants(ctx, "A claim of one veth, beside the same on a node that does not write what Kubernetes calls device metadata.",
		variant{name: withoutMetadata},
		variant{withMetadata, rig.NodeConfig{Driver: []string{"--device-metadata"}}})
}
