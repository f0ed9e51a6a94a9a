package netagent_test

import (
	"context"
	"testing"
	"time"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// watcher reads a Watch stream and keeps the newest state of each attachment.
type watcher struct {
	t      testing.TB
	events chan *netagentv1.WatchResponse
	at     map[string]*netagentv1.Attachment
}

// watch begins a stream and reads it up to synced.
func (a *agent) watch() *watcher {
	a.t.Helper()
	w := a.stream()
	w.until("synced", func(m *netagentv1.WatchResponse) bool { return m.GetSynced() != nil })
	return w
}

// stream begins a stream.
func (a *agent) stream() *watcher {
	a.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	a.t.Cleanup(cancel)
	stream, err := a.client.Watch(ctx, &netagentv1.WatchRequest{})
	if err != nil {
		a.t.Fatal(err)
	}
	w := &watcher{t: a.t, events: make(chan *netagentv1.WatchResponse, 1024), at: map[string]*netagentv1.Attachment{}}
	go func() {
		defer close(w.events)
		for {
			m, err := stream.Recv()
			if err != nil {
				return
			}
			w.events <- m
		}
	}()
	return w
}

// until reads events up to the one that is wanted.
func (w *watcher) until(what string, ok func(*netagentv1.WatchResponse) bool) {
	w.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case m, open := <-w.events:
			if !open {
				w.t.Fatalf("watch ended before %s", what)
			}
			w.note(m)
			if ok(m) {
				return
			}
		case <-timeout:
			w.t.Fatalf("watch: never %s", what)
		}
	}
}

func (w *watcher) note(m *netagentv1.WatchResponse) {
	if a := m.GetAttachment(); a != nil {
		w.at[a.GetClaimUid()+"/"+a.GetKey()] = a
	}
	if g := m.GetAttachmentGone(); g != nil {
		delete(w.at, g.GetClaimUid()+"/"+g.GetKey())
	}
}

// are says whether the claim has attachments and all of them are at a location.
func (w *watcher) are(claim string, l netagentv1.Location) bool {
	n := 0
	for _, a := range w.at {
		if a.GetClaimUid() == claim {
			n++
			if a.GetLocation() != l {
				return false
			}
		}
	}
	return n > 0
}

// want waits until a claim's attachments are at a location.
func (w *watcher) want(claim string, l netagentv1.Location) {
	w.t.Helper()
	if !w.are(claim, l) {
		w.until(l.String(), func(*netagentv1.WatchResponse) bool { return w.are(claim, l) })
	}
}

func (w *watcher) wantGone(claim string) {
	w.t.Helper()
	gone := func() bool {
		for _, a := range w.at {
			if a.GetClaimUid() == claim {
				return false
			}
		}
		return true
	}
	if !gone() {
		w.until("gone", func(*netagentv1.WatchResponse) bool { return gone() })
	}
}
