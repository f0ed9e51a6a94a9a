package scale

import (
	"context"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/proto"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Pool is what one node publishes, and what it takes to do so.
type Pool struct {
	What            string
	Devices, Slices int
	// Bytes of all the slices.
	Protobuf, JSON int
	// Phase in which it was published, or changed.
	Phase Phase
}

// pool says how large a node's pool is.
func (r *run) pool(what string, n *node, phase Phase) (Pool, error) {
	own, err := r.observer.of(n)
	if err != nil {
		return Pool{}, err
	}
	p := Pool{What: what, Slices: len(own), Phase: phase}
	for _, s := range own {
		text, err := json.Marshal(s)
		if err != nil {
			return Pool{}, err
		}
		p.Devices += len(s.Spec.Devices)
		p.Protobuf += s.Size()
		p.JSON += len(text)
	}
	return p, nil
}

// pools publishes two cards with 64 virtual functions each on some nodes, and then
// changes something on each.
func (r *run) pools(ctx context.Context, nodes []*node) ([]Pool, error) {
	phase, err := r.start(ctx, nodes)
	if err != nil {
		return nil, err
	}
	first, err := r.pool("published", nodes[0], phase)
	if err != nil {
		return nil, err
	}
	pools := []Pool{first}
	for i, functions := range []int{1, 64, 128} {
		phase, err := r.change(ctx, nodes, dense()[1:1+functions], uint32(i+1))
		if err != nil {
			return nil, err
		}
		p, err := r.pool(fmt.Sprintf("%d functions changed", functions), nodes[0], phase)
		if err != nil {
			return nil, err
		}
		pools = append(pools, p)
	}
	return pools, nil
}

// change gives virtual functions of each node another speed, and waits until that
// is published and a while longer.
func (r *run) change(ctx context.Context, nodes []*node, functions []*netagentv1.NodeDevice, speed uint32) (Phase, error) {
	return measure(nodes, func() error {
		err := each(ctx, nodes, -1, func(ctx context.Context, n *node) error {
			before := n.traffic().Writes()
			for _, f := range functions {
				changed := proto.CloneOf(f)
				changed.GetVf().Speed = speed
				select {
				case n.driver().netagent.Changes <- changed:
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
			return poll(ctx, func() (bool, error) { return n.traffic().Writes() > before, nil })
		})
		if err != nil {
			return fmt.Errorf("change %d functions: %w", len(functions), err)
		}
		return sleep(ctx, settle)
	})
}
