package netagent_test

import (
	"time"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// until reads events up to the one that is wanted.
func (w *watcher) until(what string, ok func(*netagentv1.WatchResponse) bool) {
	w.t.Helper()
	timeout := time.After(10 * time.Second)
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
		w.at[a.GetClaimUid()] = a
	}
	if g := m.GetAttachmentGone(); g != nil {
		delete(w.at, g.GetClaimUid())
	}
}

// want waits until a claim is at a location.
func (w *watcher) want(claim string, l netagentv1.Location) {
	w.t.Helper()
	if w.at[claim].GetLocation() == l {
		return
	}
	w.until(l.String(), func(*netagentv1.WatchResponse) bool { return w.at[claim].GetLocation() == l })
}

func (w *watcher) wantGone(claim string) {
	w.t.Helper()
	if _, ok := w.at[claim]; !ok {
		return
	}
	w.until("gone", func(*netagentv1.WatchResponse) bool { _, ok := w.at[claim]; return !ok })
}
