package attachment

import (
	"context"
	"sync"
	"time"

	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

const (
	// rereadEvery is how often everything is read again although no event was
	// missed. A reading takes about a millisecond for a thousand links.
	rereadEvery = 5 * time.Minute

	// resubscribeAfter keeps a node whose events overflow again and again from
	// spending all its time on reading.
	resubscribeAfter = 200 * time.Millisecond
)

// Follow keeps up with the kernel until ctx ends. It calls ready once, when
// everything has been read for the first time, and returns an error that comes
// before that; after a later one everything is read again.
func (m *Manager) Follow(ctx context.Context, ready func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer m.finishing.Wait()
	defer m.returns.wait()
	hardware, err := m.watchHardware(ctx)
	if err != nil {
		cancel()
		return err
	}
	defer hardware()
	defer cancel()
	started := false
	begun := sync.OnceFunc(func() { started = true; ready() })
	for {
		err := m.follow(ctx, begun)
		if ctx.Err() != nil {
			return nil // whatever ended with ctx ended as it should
		}
		if err == nil {
			continue
		}
		if !started {
			return err
		}
		logging.From(ctx).Warn("link events lost; everything is read again", "cause", err)
		select {
		case <-time.After(resubscribeAfter):
		case <-ctx.Done():
		}
	}
}

// follow subscribes, reads everything, and then applies events until one is
// lost or it is time to read everything again. In this order nothing that
// happens between is missed.
func (m *Manager) follow(ctx context.Context, begun func()) error {
	events, err := link.Subscribe()
	if err != nil {
		return err
	}
	defer events.Close()
	period, cancel := context.WithTimeout(ctx, rereadEvery)
	defer cancel()
	defer context.AfterFunc(period, events.Close)()

	if err := m.readAll(ctx); err != nil {
		return err
	}
	begun()
	for {
		if err := m.applyNext(ctx, events); err != nil {
			if period.Err() != nil {
				return nil
			}
			return err
		}
	}
}

func (m *Manager) applyNext(ctx context.Context, events *link.Subscription) error {
	list, err := events.Receive()
	if err != nil {
		return err
	}
	for _, e := range list {
		if err := m.apply(ctx, e); err != nil {
			return err
		}
	}
	return nil
}
