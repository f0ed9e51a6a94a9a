package watch

import (
	"maps"
	"slices"
	"sync"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// watcher is what one reader has still to be sent.
type watcher struct {
	mu      sync.Mutex
	pending map[string]*netagentv1.WatchResponse // newest message by object
	synced  bool
	wake    chan struct{} // has room for one: there is something pending
}

func newWatcher(state map[string]*netagentv1.WatchResponse) *watcher {
	return &watcher{pending: state, wake: make(chan struct{}, 1)}
}

func (w *watcher) put(object string, m *netagentv1.WatchResponse) {
	w.mu.Lock()
	w.pending[object] = m
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take returns what is pending and after the first time the
// mark that this was everything.
func (w *watcher) take() []*netagentv1.WatchResponse {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []*netagentv1.WatchResponse
	for _, object := range slices.Sorted(maps.Keys(w.pending)) {
		list = append(list, w.pending[object])
	}
	clear(w.pending)
	if !w.synced {
		w.synced = true
		list = append(list, &netagentv1.WatchResponse{
			Event: &netagentv1.WatchResponse_Synced{Synced: &netagentv1.Synced{}},
		})
	}
	return list
}
