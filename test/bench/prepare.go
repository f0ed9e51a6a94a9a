package bench

import (
	"context"
	"errors"
	"fmt"

	resourceapi "k8s.io/api/resource/v1"

	"github.com/hawser-dra/hawser/test/bench/measure"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

func prepareRow(what string) string   { return "prepare " + what }
func unprepareRow(what string) string { return "unprepare " + what }

// prepareFloor is what a prepare cannot do without.
func prepareFloor(k kind, devices int) []string {
	return []string{createRow(k, devices), journalWrite, recordWrite, specWrite, oneCall, apiGet}
}

// prepare measures the kubelet's calls for claims with one device of each kind.
func (p *place) prepare(ctx context.Context) (report.Group, error) {
	return p.calls(ctx, "The kubelet's calls for a pod with one claim, with a real API server.", 1)
}

// devices measures them for claims with eight devices beside those with one.
func (p *place) devices(ctx context.Context) (report.Group, error) {
	return p.calls(ctx, "The kubelet's calls for a claim with eight devices, beside one with one.", 1, 8)
}

func (p *place) calls(ctx context.Context, what string, counts ...int) (report.Group, error) {
	n, err := p.newCalled(ctx, rig.NodeConfig{})
	if err != nil {
		return report.Group{}, err
	}
	defer n.close()
	steps := append(n.floors.files(), p.call())
	var rows []row
	for _, k := range p.kinds() {
		for _, count := range counts {
			claim, err := n.node.Claim(ctx, k.devices(count)...)
			if err != nil {
				return report.Group{}, err
			}
			if len(rows) == 0 {
				steps = append(steps, p.get(claim.Name))
			}
			steps = append(append(steps, n.floors.links(k, count)...), n.both(times(k, count), claim)...)
			rows = append(rows, row{prepareRow(times(k, count)), prepareFloor(k, count)}, unprepared(k, count))
		}
	}
	samples, err := measure.Rounds(ctx, p.Rounds, steps...)
	if err != nil {
		return report.Group{}, err
	}
	return groupOf(what, samples, rows...)
}

// unprepared is the row of taking a claim back. The bare kernel's part is told for
// one device.
func unprepared(k kind, devices int) row {
	r := row{name: unprepareRow(times(k, devices))}
	if devices == 1 {
		r.floor = []string{removeRow(k, 1), oneCall}
	}
	return r
}

// called is a node whose driver is called, and its floors.
type called struct {
	node    *rig.Node
	space   *rig.Space
	kubelet *rig.Kubelet
	floors  *floors
}

// newCalled makes a node. Without a network namespace it gets a new one.
func (p *place) newCalled(ctx context.Context, config rig.NodeConfig) (c *called, err error) {
	c = new(called)
	if config.Space == nil {
		if c.space, err = newSpace(); err != nil {
			return nil, err
		}
		config.Space = c.space
	}
	if c.node, err = p.Machine.NewNode(ctx, config); err != nil {
		return nil, err
	}
	if c.kubelet, err = c.node.Kubelet(); err != nil {
		return nil, err
	}
	c.floors, err = p.newFloors(c.node)
	return c, err
}

// close ends the node, with all claims on it.
func (c *called) close() error {
	errs := []error{c.kubelet.Close(), c.floors.close(), c.node.Close()}
	if c.space != nil {
		errs = append(errs, c.space.Close())
	}
	return errors.Join(errs...)
}

// both are the steps that prepare a claim and take it back.
func (c *called) both(what string, claim *resourceapi.ResourceClaim) []measure.Step {
	return []measure.Step{
		measure.Timed(prepareRow(what), func(ctx context.Context) error { return c.kubelet.Prepare(ctx, claim) }),
		measure.Timed(unprepareRow(what), func(ctx context.Context) error { return c.kubelet.Unprepare(ctx, claim) }),
	}
}

// hold prepares claims that stay, and waits until nothing more is done for them.
func (c *called) hold(ctx context.Context, k kind, count int) error {
	claims, err := c.node.Claims(ctx, count, k.devices(1)...)
	if err != nil {
		return err
	}
	for i, claim := range claims {
		if err := c.patiently(ctx, func() error { return c.kubelet.Prepare(ctx, claim) }); err != nil {
			return fmt.Errorf("claim %d of %d: %w", i, count, err)
		}
	}
	return c.calm(ctx)
}
