// Package watch holds the newest state of every object of the node and hands it
// to any number of readers, each at its own pace.
//
// A reader gets everything first, then a mark that it has everything, then each
// change. For a slow reader changes of one object run together: what waits for
// it is at most one message an object, however slow it is.
package watch

import (
	"context"
	"maps"
	"sync"

	"google.golang.org/protobuf/proto"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Hub is the state of the node. The zero Hub is not ready: see [New].
type Hub struct {
	mu       sync.Mutex
	state    map[string]*netagentv1.WatchResponse // by object
	watchers map[*watcher]struct{}
}

// New returns a Hub without objects.
func New() *Hub {
	return &Hub{
		state:    map[string]*netagentv1.WatchResponse{},
		watchers: map[*watcher]struct{}{},
	}
}

// SetDevice tells of a device that appeared or changed.
func (h *Hub) SetDevice(d *netagentv1.NodeDevice) {
	h.set(deviceKey(d.GetName()), &netagentv1.WatchResponse{
		Event: &netagentv1.WatchResponse_Device{Device: d},
	})
}

// DropDevice tells of a device that the node has no more.
func (h *Hub) DropDevice(name string) {
	h.drop(deviceKey(name), &netagentv1.WatchResponse{
		Event: &netagentv1.WatchResponse_DeviceGone{DeviceGone: name},
	})
}

// SetAttachment tells of an attachment that appeared or changed.
func (h *Hub) SetAttachment(a *netagentv1.Attachment) {
	h.set(attachmentKey(a.GetClaimUid(), a.GetKey()), &netagentv1.WatchResponse{
		Event: &netagentv1.WatchResponse_Attachment{Attachment: a},
	})
}

// DropAttachment tells of an attachment that is no more.
func (h *Hub) DropAttachment(claim, key string) {
	gone := &netagentv1.AttachmentGone{ClaimUid: claim, Key: key}
	h.drop(attachmentKey(claim, key), &netagentv1.WatchResponse{
		Event: &netagentv1.WatchResponse_AttachmentGone{AttachmentGone: gone},
	})
}

// Watch sends the state and then each change until send fails or ctx ends, and
// returns why.
func (h *Hub) Watch(ctx context.Context, send func(*netagentv1.WatchResponse) error) error {
	w := h.join()
	defer h.leave(w)
	for {
		for _, m := range w.take() {
			if err := send(m); err != nil {
				return err
			}
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (h *Hub) set(object string, m *netagentv1.WatchResponse) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if proto.Equal(h.state[object], m) {
		return
	}
	h.state[object] = m
	h.tell(object, m)
}

func (h *Hub) drop(object string, gone *netagentv1.WatchResponse) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.state[object]; !ok {
		return
	}
	delete(h.state, object)
	h.tell(object, gone)
}

func (h *Hub) tell(object string, m *netagentv1.WatchResponse) {
	for w := range h.watchers {
		w.put(object, m)
	}
}

func (h *Hub) join() *watcher {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := newWatcher(maps.Clone(h.state))
	h.watchers[w] = struct{}{}
	return w
}

func (h *Hub) leave(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.watchers, w)
}

func deviceKey(name string) string { return "device " + name }

func attachmentKey(claim, key string) string { return "attachment " + claim + "/" + key }
