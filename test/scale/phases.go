package scale

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
)

// Phase is what the drivers of some nodes did meanwhile.
type Phase struct {
	Nodes   int
	Seconds float64
	Traffic Traffic
}

// measure sums up what the drivers of nodes do in a phase.
func measure(nodes []*node, do func() error) (Phase, error) {
	before, began := traffic(nodes), time.Now()
	err := do()
	return Phase{len(nodes), time.Since(began).Seconds(), traffic(nodes).Minus(before)}, err
}

// start starts a driver on all nodes at once and waits until all is published.
func (r *run) start(ctx context.Context, nodes []*node) (Phase, error) {
	return measure(nodes, func() error {
		err := each(ctx, nodes, -1, func(phase context.Context, n *node) error { return n.next(ctx, phase) })
		if err != nil {
			return fmt.Errorf("start: %w", err)
		}
		return r.observer.published(ctx, nodes)
	})
}

// steady lets time pass. Nothing may be written.
func (r *run) steady(ctx context.Context, nodes []*node) (Phase, error) {
	return r.withoutWrites(nodes, func() error { return sleep(ctx, r.cfg.Steady) })
}

// settle is longer than a driver takes from its comparison to a write.
const settle = 3 * time.Second

// update replaces each node's driver, as the DaemonSet does: the old one goes when
// the new one is ready. It does so on more nodes at once than the DaemonSet does,
// which has one at a time. What is published stays as it is, so that nothing may be
// written.
func (r *run) update(ctx context.Context, nodes []*node) (Phase, error) {
	return r.withoutWrites(nodes, func() error {
		err := each(ctx, nodes, atOnce, func(phase context.Context, n *node) error {
			old := n.driver()
			if err := n.next(ctx, phase); err != nil {
				return err
			}
			return old.stop()
		})
		if err != nil {
			return fmt.Errorf("update: %w", err)
		}
		return sleep(ctx, settle)
	})
}

// withoutWrites fails if a driver writes anything, or if anybody writes a slice of theirs.
func (r *run) withoutWrites(nodes []*node, do func() error) (phase Phase, err error) {
	err = r.unwritten(nodes, func() error {
		phase, err = measure(nodes, do)
		if n := phase.Traffic.Writes(); n > 0 && err == nil {
			err = fmt.Errorf("nothing has changed, but the drivers have written %d times: %v", n, phase.Traffic.Calls)
		}
		return err
	})
	return phase, err
}

// unwritten fails if a slice of the nodes is written meanwhile.
func (r *run) unwritten(nodes []*node, do func() error) error {
	before, err := r.observer.versions(nodes)
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	after, err := r.observer.versions(nodes)
	if err == nil && !maps.Equal(before, after) {
		err = errors.New("slices were written although nothing has changed")
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
