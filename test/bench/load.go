package bench

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-dra/hawser/test/bench/measure"
	"github.com/hawser-dra/hawser/test/bench/report"
	"github.com/hawser-dra/hawser/test/bench/rig"
)

// burst is how many claims come before those of the last burst go: netagent
// takes no more calls in one go.
const burst = 400

// arrivals are the bursts of claims that are measured: how many there are, and
// how many of their calls are under way at once.
var arrivals = []struct{ claims, atOnce int }{{burst, 1}, {burst, 8}, {burst, 32}, {48, 48}, {200, 200}}

// load measures calls that come side by side, on an empty node and beside a
// thousand prepared claims.
func (p *place) load(ctx context.Context) (report.Group, error) {
	n, err := p.newCalled(ctx, rig.NodeConfig{})
	if err != nil {
		return report.Group{}, err
	}
	defer n.close()
	full, err := p.newCalled(ctx, rig.NodeConfig{Netagent: []string{"--max-attachments=4096"}, Driver: []string{"--slots=4096"}})
	if err != nil {
		return report.Group{}, err
	}
	defer full.close()
	if err := full.hold(ctx, veth, 1000); err != nil {
		return report.Group{}, err
	}
	// An API server that has just started is slow at first.
	if err := newLoaded().one(ctx, n, "", burst, 8); err != nil {
		return report.Group{}, err
	}
	l := newLoaded()
	for done := 0; done < p.Rounds; done += burst {
		for _, a := range arrivals {
			for times := burst / a.claims; times > 0; times-- {
				if err := l.one(ctx, n, "", a.claims, a.atOnce); err != nil {
					return report.Group{}, err
				}
			}
		}
		for _, a := range arrivals[:2] {
			if err := l.one(ctx, full, besideThousand, a.claims, a.atOnce); err != nil {
				return report.Group{}, err
			}
		}
	}
	return l.group()
}

// besideThousand ends the names of rows of the node with a thousand claims.
const besideThousand = ", 1000 prepared"

// loaded is what bursts took.
type loaded struct {
	names   []string
	samples map[string]measure.Samples
	rates   map[string][]float64 // claims a second
	spent   map[string]spent
}

func newLoaded() *loaded {
	return &loaded{samples: map[string]measure.Samples{}, rates: map[string][]float64{}, spent: map[string]spent{}}
}

// one prepares a burst of claims, and takes it back. Before it goes the floor of
// it: as many reads of the API server, so many at once.
func (l *loaded) one(ctx context.Context, n *called, beside string, claims, atOnce int) error {
	name := loadRow(claims, atOnce, beside)
	list, err := n.node.Claims(ctx, claims, veth.devices(1)...)
	if err != nil {
		return err
	}
	get := func(ctx context.Context, c *resourceapi.ResourceClaim) error {
		_, err := n.node.Client().ResourceV1().ResourceClaims(metav1.NamespaceDefault).Get(ctx, c.Name, metav1.GetOptions{})
		return err
	}
	if err := l.sample(ctx, n, getRow(name), list, atOnce, get); err != nil {
		return err
	}
	prepare := func(ctx context.Context, c *resourceapi.ResourceClaim) error { return n.kubelet.Prepare(ctx, c) }
	if err := l.sample(ctx, n, name, list, atOnce, prepare); err != nil {
		return err
	}
	if !slices.Contains(l.names, name) {
		l.names = append(l.names, name)
	}
	for _, c := range list {
		if err := n.patiently(ctx, func() error { return n.kubelet.Unprepare(ctx, c) }); err != nil {
			return err
		}
	}
	// Until netagent takes as many calls as before.
	return rest(ctx, time.Duration(claims)*2*time.Second/callsPerSecond)
}

func getRow(name string) string { return "API GET: " + name }

// sample does something for each claim, so many at once, and looks what that took.
func (l *loaded) sample(ctx context.Context, n *called, name string, claims []*resourceapi.ResourceClaim, atOnce int, do func(context.Context, *resourceapi.ResourceClaim) error) error {
	used, err := usedBy(n.node, func() error {
		began := time.Now()
		err := l.each(ctx, name, claims, atOnce, do)
		l.rates[name] = append(l.rates[name], float64(len(claims))/time.Since(began).Seconds())
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if l.spent[name] == nil {
		l.spent[name] = spent{}
	}
	l.spent[name].add(used)
	return nil
}

// each does something for each claim, so many at once.
func (l *loaded) each(ctx context.Context, name string, claims []*resourceapi.ResourceClaim, atOnce int, do func(context.Context, *resourceapi.ResourceClaim) error) error {
	var mu sync.Mutex
	var all errgroup.Group
	all.SetLimit(atOnce)
	for _, c := range claims {
		all.Go(func() error {
			took, err := measure.Time(ctx, func(ctx context.Context) error { return do(ctx, c) })
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			l.samples[name] = append(l.samples[name], took)
			return nil
		})
	}
	return all.Wait()
}

func (l *loaded) rows() (rows []row) {
	for _, name := range l.names {
		rows = append(rows, row{name, []string{getRow(name)}})
	}
	return rows
}

func (l *loaded) group() (report.Group, error) {
	g, err := groupOf("Claims of one veth that arrive together; the time of each call from its start, beside as many reads of the API server alone.", l.samples, l.rows()...)
	g.Drift = l.drift()
	for _, name := range l.names {
		g.Counts = append(g.Counts,
			report.Count{Name: name, Value: median(l.rates[name]), Unit: "claims/s"},
			report.Count{Name: getRow(name), Value: median(l.rates[getRow(name)]), Unit: "reads/s"})
	}
	for _, name := range []string{getRow(loadRow(burst, 8, "")), loadRow(burst, 8, ""), loadRow(burst, 8, besideThousand)} {
		g.Counts = append(g.Counts, l.spent[name].counts(name, len(l.samples[name]))...)
	}
	return g, err
}

// drift is that of the reads' rates from the first bursts to the last, of all rows
// together: a burst of reads takes a fraction of a second, and one alone says
// little. Within a burst those that wait longer come later, on a machine that
// stays as it is.
func (l *loaded) drift() float64 {
	var sum, rows float64
	for _, name := range l.names {
		rates := l.rates[getRow(name)]
		quarter := len(rates) / 4
		if quarter == 0 {
			continue
		}
		sum += math.Log(median(rates[len(rates)-quarter:]) / median(rates[:quarter]))
		rows++
	}
	return math.Exp(math.Abs(sum)/max(1, rows)) - 1
}
