// Package inventory keeps what netagent says of the node: its devices and what
// is attached for claims.
//
// What it hands out is complete: the state of a new stream replaces the last
// one only when netagent says that everything was sent, and an object that was
// not sent again is gone. While there is no stream the last state stays, for
// nothing on the node changes because nobody looks; [Inventory.Synced] tells.
//
// The messages that it hands out are shared: callers must not change them.
package inventory

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

const (
	// defaultMinBackoff is short: a restarted netagent is back in under a second.
	defaultMinBackoff = 100 * time.Millisecond
	defaultMaxBackoff = 10 * time.Second
)

// Watcher streams the node: all of it, then synced, then each change. The
// sequence ends with an error.
type Watcher interface {
	Watch(ctx context.Context) iter.Seq2[*netagentv1.WatchResponse, error]
}

// Config of an [Inventory].
type Config struct {
	Watcher Watcher
	// MinBackoff and MaxBackoff bound the pause before a new stream; 0 is the
	// default.
	MinBackoff, MaxBackoff time.Duration
}

// Inventory is the last complete state. It may be used concurrently.
type Inventory struct {
	cfg Config

	mu     sync.Mutex
	last   snapshot
	synced bool
	// changed holds the claims that Next has not told of yet.
	changed map[string]struct{}

	// Each holds at most one token: "look again".
	claims  chan struct{}
	devices map[chan struct{}]struct{} // one for each who waits for devices
}

// New returns an inventory that is empty until Run has filled it.
func New(cfg Config) *Inventory {
	if cfg.MinBackoff == 0 {
		cfg.MinBackoff = defaultMinBackoff
	}
	if cfg.MaxBackoff == 0 {
		cfg.MaxBackoff = defaultMaxBackoff
	}
	return &Inventory{
		cfg:     cfg,
		last:    newSnapshot(),
		changed: map[string]struct{}{},
		claims:  make(chan struct{}, 1),
		devices: map[chan struct{}]struct{}{},
	}
}

// Run watches until the context ends, over as many streams as it takes.
func (i *Inventory) Run(ctx context.Context) error {
	pause := i.cfg.MinBackoff
	for ctx.Err() == nil {
		synced, err := i.follow(ctx)
		if synced {
			pause = i.cfg.MinBackoff
		}
		wait(ctx, pause, err)
		pause = min(2*pause, i.cfg.MaxBackoff)
	}
	return nil
}

// wait reports the end of a stream and pauses, unless it was the last one.
func wait(ctx context.Context, pause time.Duration, err error) {
	if ctx.Err() != nil {
		return
	}
	logging.From(ctx).Warn("lost sight of the node, keeping its last state", "err", err, "retryIn", pause)
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
}

// follow reads one stream to its end and says whether it got as far as synced.
func (i *Inventory) follow(ctx context.Context) (synced bool, err error) {
	defer i.setUnsynced()
	next := newSnapshot()
	for event, err := range i.cfg.Watcher.Watch(ctx) {
		switch {
		case err != nil:
			return synced, err
		case synced:
			err = i.apply(event)
		case event.GetSynced() != nil:
			synced = true
			i.adopt(next)
			logging.From(ctx).Info("in sync with netagent",
				"devices", len(next.devices), "claims", len(next.attachments))
		default:
			err = next.apply(event)
		}
		if err != nil {
			return synced, err
		}
	}
	return synced, errors.New("netagent ended the stream")
}
