package inventory

import (
	"context"
	"time"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/policy"
	"github.com/hawser-dra/hawser/netagent/sysfs"
	"github.com/hawser-dra/hawser/netagent/uevent"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

const (
	// gatherLeast is how long changes are waited for after the first: a card's
	// functions come one after another. Where claims come and go all the time
	// reading has a tenth of it: they are waited for gatherTimes as long as the
	// last reading took, but not for longer than gatherMost.
	gatherLeast = 200 * time.Millisecond
	gatherTimes = 9
	gatherMost  = 2 * time.Second
	// rereadEvery is how often everything is read although nothing was told.
	rereadEvery = time.Minute
	// lookEvery is how often cards that pods have are looked at: the kernel tells
	// of a carrier in a pod there alone.
	lookEvery = 5 * time.Second
)

// Publisher is told of devices.
type Publisher interface {
	SetDevice(*netagentv1.NodeDevice)
	DropDevice(name string)
}

// Config of an [Inventory]; all of it is required.
type Config struct {
	Links     *link.Conn
	Sys       sysfs.FS
	Rules     policy.Rules
	Journal   Journal
	Publisher Publisher
}

// Inventory publishes what the node has to lend.
type Inventory struct {
	config Config
	told   map[string]bool // names of devices that were published
	away   bool            // whether pods have cards
	took   time.Duration   // of the last reading
}

// New returns an Inventory that publishes when it runs.
func New(c Config) *Inventory { return &Inventory{config: c, told: map[string]bool{}} }

// Run follows the node until ctx ends. It calls ready once, when everything has
// been published for the first time, and returns an error that comes before that;
// later ones are made up for by the next reading.
func (i *Inventory) Run(ctx context.Context, ready func()) error {
	changes, err := link.SubscribeChanges()
	if err != nil {
		return err
	}
	defer changes.Close()
	defer context.AfterFunc(ctx, changes.Close)()
	hardware, err := uevent.Listen(ctx, uevent.Buses...)
	if err != nil {
		return err
	}
	if err := i.publish(ctx); err != nil {
		return err
	}
	ready()
	changed := make(chan struct{}, 1)
	broken := make(chan error, 1)
	go func() { broken <- wait(changes, changed) }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-hardware:
		case <-time.After(i.period()):
		case err := <-broken:
			if ctx.Err() != nil {
				return nil // the subscription was closed because ctx ended
			}
			return err
		}
		sleep(ctx, i.gather())
		if err := i.publish(ctx); err != nil && ctx.Err() == nil {
			logging.From(ctx).Warn("cannot read what the node has to lend", "cause", err)
		}
	}
}

// period is how long there may be no news.
func (i *Inventory) period() time.Duration {
	if i.away {
		return lookEvery
	}
	return rereadEvery
}

// wait turns changes into tokens until the subscription ends.
func wait(changes *link.Changes, changed chan<- struct{}) error {
	for {
		if err := changes.Wait(); err != nil {
			return err
		}
		select {
		case changed <- struct{}{}:
		default:
		}
	}
}

// gather is how long changes are waited for after the first.
func (i *Inventory) gather() time.Duration {
	return max(gatherLeast, min(gatherTimes*i.took, gatherMost))
}

// publish reads the node and tells what has changed.
func (i *Inventory) publish(ctx context.Context) error {
	began := time.Now()
	defer func() { i.took = time.Since(began) }()
	node, err := Read(ctx, i.config.Links, i.config.Sys, i.config.Journal)
	if err != nil {
		return err
	}
	if err := node.findAway(ctx, i.config.Links); err != nil {
		return err
	}
	i.away = len(node.away) > 0
	now := map[string]bool{}
	for _, d := range node.Offers(i.config.Rules) {
		now[d.GetName()] = true
		i.config.Publisher.SetDevice(d)
	}
	for name := range i.told {
		if !now[name] {
			i.config.Publisher.DropDevice(name)
		}
	}
	i.told = now
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
