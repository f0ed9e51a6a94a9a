package inventory

import (
	"context"
	"maps"
	"slices"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Next blocks until the attachments of some claims may have changed since it
// last returned, and names the claims. After a new stream it names all that are
// there or were. It has one consumer; a claim that it named is forgotten, so
// whoever fails to act on it has to remember.
func (i *Inventory) Next(ctx context.Context) (claimUIDs []string, err error) {
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-i.claims:
		}
		if uids := i.takeChanged(); len(uids) > 0 {
			return uids, nil
		}
	}
}

func (i *Inventory) takeChanged() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	uids := slices.Sorted(maps.Keys(i.changed))
	clear(i.changed)
	return uids
}

// WatchDevices returns a channel that holds a token now, and when Devices may
// answer otherwise than before. Changes that nobody waited for are one token. Each
// caller has a channel of its own, until stop is called.
func (i *Inventory) WatchDevices() (changed <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	signal(c)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.devices[c] = struct{}{}
	return c, func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		delete(i.devices, c)
	}
}

// devicesChanged gives everybody a token. The caller holds the lock.
func (i *Inventory) devicesChanged() {
	for c := range i.devices {
		signal(c)
	}
}

// adopt replaces the state by that of a new stream.
func (i *Inventory) adopt(next snapshot) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, s := range []snapshot{i.last, next} {
		for uid := range s.attachments {
			i.changed[uid] = struct{}{}
		}
	}
	i.last = next
	i.synced = true
	i.devicesChanged()
	signal(i.claims)
}

// apply takes in one change of a stream that is synced.
func (i *Inventory) apply(event *netagentv1.WatchResponse) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := i.last.apply(event); err != nil {
		return err
	}
	if uid := claimOf(event); uid != "" {
		i.changed[uid] = struct{}{}
		signal(i.claims)
		return nil
	}
	i.devicesChanged()
	return nil
}

func (i *Inventory) setUnsynced() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.synced = false
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
