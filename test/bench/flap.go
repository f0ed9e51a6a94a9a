package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/vishvananda/netlink"
)

// A card that flaps is down and up for so long in turn, for some time at least;
// one with virtual functions, whose carrier takes a second or two to come, for
// longer. Neither is a multiple of what netagent or the driver wait for.
const (
	flapFast  = 29 * time.Millisecond
	flapSlow  = 2300 * time.Millisecond
	flapLeast = 20 * time.Second
)

// flap has the links of a card and of one with virtual functions go down and up,
// the first as often as there are rounds.
func (p *place) flap(ctx context.Context, o offers) (times int, took time.Duration, err error) {
	card, err := o.card()
	if err != nil {
		return 0, 0, err
	}
	vf, err := o.function()
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	var done atomic.Bool
	beside := make(chan error, 1)
	go func() {
		_, err := downAndUp(ctx, vf.GetParent(), flapSlow, func(int) bool { return done.Load() })
		beside <- err
	}()
	times, err = downAndUp(ctx, card.GetLink(), flapFast, func(times int) bool {
		return times >= p.Rounds && time.Since(began) >= flapLeast
	})
	took = time.Since(began)
	done.Store(true)
	return times, took, errors.Join(err, <-beside)
}

// downAndUp sets a link down and up, each for a while, until it is enough. It
// leaves the link up.
func downAndUp(ctx context.Context, name string, each time.Duration, enough func(times int) bool) (times int, err error) {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return 0, fmt.Errorf("link %s: %w", name, err)
	}
	for ; !enough(times); times++ {
		for _, set := range []func(netlink.Link) error{netlink.LinkSetDown, netlink.LinkSetUp} {
			if err := errors.Join(set(l), rest(ctx, each)); err != nil {
				return times, errors.Join(fmt.Errorf("link %s: %w", name, err), netlink.LinkSetUp(l))
			}
		}
	}
	return times, nil
}
