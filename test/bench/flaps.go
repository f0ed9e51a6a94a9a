package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// flapWindow is the time in which writes are told, at the worst.
const flapWindow = 5 * time.Second

// Drivers that differ in what they publish of a link that is down.
const (
	asShipped = "as shipped"
	tainting  = "with --taint-link-down=5s"
)

// flaps counts the writes of drivers whose node has a card, and functions of
// another one, whose links go down and up again and again.
func (p *place) flaps(ctx context.Context) (report.Group, error) {
	g := report.Group{}
	own, err := rig.OwnSpace()
	if err != nil {
		return g, err
	}
	defer own.Close()
	var watched []*flapped
	for _, c := range []struct {
		name  string
		flags []string
	}{{asShipped, nil}, {tainting, []string{"--taint-link-down=5s"}}} {
		f, err := p.newFlapped(ctx, own, c.name, c.flags)
		if err != nil {
			return g, err
		}
		defer f.close()
		watched = append(watched, f)
	}
	o, err := offersOf(ctx, watched[0].node)
	if err != nil {
		return g, err
	}
	if err := rest(ctx, settled); err != nil {
		return g, err
	}
	for _, f := range watched {
		f.counter.Take() // what a start asks for
	}
	times, took, err := p.flap(ctx, o)
	if err != nil {
		return g, err
	}
	g.What = fmt.Sprintf("Writes of slices while a card's link goes down and up %d times in %.0f s, beside that of a card with virtual functions, every %v.", times, took.Seconds(), 2*flapSlow)
	for _, f := range watched {
		written := f.written()
		g.Counts = append(g.Counts,
			report.Count{Name: flapWrites + f.name, Value: float64(len(written)), Unit: "writes"},
			report.Count{Name: mostWrites + f.name, Value: float64(most(written, flapWindow)), Unit: "writes"})
	}
	return g, nil
}

// Names of the counts begin so.
const (
	flapWrites = "slice writes during the flapping, "
	mostWrites = "most slice writes in 5 s, "
)

// flapped is a node whose links flap, and the counter of its driver's requests.
type flapped struct {
	name    string
	counter *rig.Counter
	node    *rig.Node
}

func (p *place) newFlapped(ctx context.Context, space *rig.Space, name string, flags []string) (*flapped, error) {
	counter, err := p.Machine.NewCounter()
	if err != nil {
		return nil, err
	}
	n, err := p.Machine.NewNode(ctx, rig.NodeConfig{Space: space, Kubeconfig: counter.Kubeconfig, Driver: flags})
	if err != nil {
		counter.Close()
		return nil, err
	}
	return &flapped{name, counter, n}, nil
}

func (f *flapped) close() error {
	err := f.node.Close()
	f.counter.Close()
	return err
}

// written are the times of the writes of slices, in order.
func (f *flapped) written() (times []time.Time) {
	for what, these := range f.counter.TakeTimes() {
		if verb, resource, _ := strings.Cut(what, " "); resource == "resourceslices" && writing(verb) {
			times = append(times, these...)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// most is how many of the times are within one window, at the most.
func most(times []time.Time, window time.Duration) (n int) {
	for i, first := range times {
		within := times[i:]
		for len(within) > 0 && within[len(within)-1].Sub(first) >= window {
			within = within[:len(within)-1]
		}
		n = max(n, len(within))
	}
	return n
}
