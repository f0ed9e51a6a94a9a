package attachment

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// returnTime is what the kernel is given to bring a link home from a namespace
// that has ended: some 30 ms as a rule, more when many end together.
const returnTime = 3 * time.Second

// homing is a kind whose links the kernel does not delete with a pod's
// namespace. They come home as the pod has left them: under its name, with its
// MTU, mode and alias. They are deleted there; whoever needs one gets a new one.
type homing interface {
	comesHome()
}

func homes(k kind) bool {
	_, ok := k.(homing)
	return ok
}

// isSame says whether a link is the one that an entry made, by what a pod cannot
// change.
func isSame(l link.Link, k kind, e journal.Entry) bool {
	return homes(k) && l.Kind == k.name() && e.Made != nil && len(l.PermMAC) > 0 && bytes.Equal(l.PermMAC, e.Made.MAC)
}

// isReturned says whether a link of the host is an entry's that has been in a
// pod: the entry's, but not as it was made.
func isReturned(l link.Link, k kind, e journal.Entry) bool {
	return isSame(l, k, e) && !owns(l, k, e)
}

// returned learns of a link of the host that may have come home from a pod, and
// has it deleted if so. What the link was when the event was sent it need not be
// any more: a call may have found it too.
func (m *Manager) returned(ctx context.Context, l link.Link) (bool, error) {
	if l.Kind != (ipoib{}).name() {
		return false, nil
	}
	entries, err := m.journal.All()
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		k, err := kindOf(e.Request)
		row := m.table.get(markOf(e))
		if err != nil || !isReturned(l, k, e) || row.place.location == onHost && row.place.index == l.Index {
			continue
		}
		m.finishing.Go(func() { m.welcome(ctx, markOf(e)) })
		return true, nil
	}
	return false, nil
}

// welcome deletes what has come home of an attachment. It waits for the claim's
// lock beside the events.
func (m *Manager) welcome(ctx context.Context, mk mark) {
	release, err := m.locks.Lock(ctx, mk.Claim)
	if err != nil {
		return // at the end of the process; whoever comes next reads everything
	}
	defer release()
	e, k, err := m.entry(mk)
	if errors.Is(err, journal.ErrNotFound) {
		return // the call that took it back has waited for the link
	}
	found := false
	if err == nil {
		found, err = m.deleteReturned(ctx, k, e)
	}
	if err != nil && ctx.Err() == nil {
		logging.From(ctx).Warn("link that came home from a pod is not deleted", "claim", mk.Claim, "key", mk.Key, "cause", err)
	}
	if found {
		m.setOver(e)
	}
}

// setOver notes that nothing more of what is lost can come.
func (m *Manager) setOver(e journal.Entry) {
	row := m.table.get(markOf(e))
	if row.version != 0 && row.place.location != onHost {
		m.table.setIf(row, row.entry, place{over: true})
	}
}

// deleteReturned deletes the link of an entry that has come home, and says
// whether there was one.
func (m *Manager) deleteReturned(ctx context.Context, k kind, e journal.Entry) (bool, error) {
	links, err := m.links.List(ctx, link.Host)
	if err != nil {
		return false, err
	}
	for _, l := range links {
		if !isReturned(l, k, e) {
			continue
		}
		if err := m.links.Delete(ctx, link.Host, l.Index); unlessGone(err) != nil {
			return false, err
		}
		logging.From(ctx).Info("link that came home from a pod deleted", "claim", e.Claim, "key", e.Key, "link", l.Name)
		return true, nil
	}
	return false, nil
}

// cannotReturn says whether nothing of an entry that is lost can come home any more.
func (m *Manager) cannotReturn(ctx context.Context, k kind, e journal.Entry, before known) (bool, error) {
	if !homes(k) || before.place.over {
		return true, nil
	}
	return m.deleteReturned(ctx, k, e)
}

// awaitReturn waits for the link of an entry to come home from a namespace that
// has ended, and deletes it. One that does not come was deleted in the pod.
func (m *Manager) awaitReturn(ctx context.Context, k kind, e journal.Entry) error {
	if !homes(k) || e.Made == nil || m.table.get(markOf(e)).place.over {
		return nil
	}
	for end := time.Now().Add(returnTime); ; {
		found, err := m.deleteReturned(ctx, k, e)
		if err != nil {
			return err
		}
		if found || time.Now().After(end) {
			m.setOver(e)
			return nil
		}
		select {
		case <-time.After(returnTime / 300):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
