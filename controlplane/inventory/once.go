package inventory

import (
	"context"
	"errors"
)

// Read returns the state of the node as it is now, which nobody follows.
func Read(ctx context.Context, w Watcher) (*Inventory, error) {
	i := New(Config{Watcher: w})
	now := newSnapshot()
	for event, err := range w.Watch(ctx) {
		if err != nil {
			return nil, err
		}
		if event.GetSynced() != nil {
			i.adopt(now)
			return i, nil
		}
		if err := now.apply(event); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("netagent ended the stream")
}
