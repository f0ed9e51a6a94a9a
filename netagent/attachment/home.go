package attachment

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// returns are borrowed links that are expected home, or have come. Each is seen
// to beside the events, for that waits: for the namespace's end, and for a call
// that has the claim.
type returns struct {
	mu      sync.Mutex
	running map[mark]bool // whether to look once more
	tasks   sync.WaitGroup
}

// expect sees to one link, again if that is being done.
func (r *returns) expect(ctx context.Context, m *Manager, mk mark) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running == nil {
		r.running = map[mark]bool{}
	}
	if _, ok := r.running[mk]; ok {
		r.running[mk] = true
		return
	}
	r.running[mk] = false
	r.tasks.Go(func() {
		for once := true; once; once = r.more(mk) {
			m.awaitHome(ctx, mk)
		}
	})
}

// more says whether somebody has asked meanwhile.
func (r *returns) more(mk mark) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running[mk] {
		r.running[mk] = false
		return true
	}
	delete(r.running, mk)
	return false
}

// wait waits for all that is being done.
func (r *returns) wait() { r.tasks.Wait() }

// awaitHome sees to a link that has come home, and gives up waiting for it when
// a namespace's end must be over.
func (m *Manager) awaitHome(ctx context.Context, mk mark) {
	log := logging.From(ctx).With("claim", mk.Claim, "key", mk.Key)
	for end := time.Now().Add(releaseTime); ctx.Err() == nil; {
		enough := time.Now().After(end)
		home, err := m.seeTo(ctx, mk, enough)
		// Another that has come home has the name, until it is seen to as well.
		taken := errors.Is(err, link.ErrExists) && !enough
		if err != nil && !taken && ctx.Err() == nil {
			log.Warn("borrowed link that has come home is not as it should be", "cause", err)
		}
		if (home || err != nil) && !taken {
			return
		}
		select {
		case <-time.After(homePoll):
		case <-ctx.Done():
		}
	}
}

// seeTo finds a link anew and does what rereadBorrowed does. Where it is not to
// be found it says so, or it is lost: with enough, or without its hardware.
func (m *Manager) seeTo(ctx context.Context, mk mark, enough bool) (done bool, err error) {
	release, err := m.locks.Lock(ctx, mk.Claim)
	if err != nil {
		return false, err
	}
	defer release()
	e, k, err := m.entry(mk)
	b, ok := k.(borrowed)
	if errors.Is(err, journal.ErrNotFound) {
		m.table.drop(mk)
		return true, nil
	}
	if err == nil && !ok {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	before := m.table.get(mk)
	at, err := m.locate(ctx, k, e)
	if err != nil || at.location == lost && !enough && m.driven(e.Was) {
		return false, err
	}
	return true, m.settle(ctx, b, e, before, at)
}

// rereadBorrowed compares a borrowed link with its entry: what has come home is
// made ready again, or given back if that was asked for.
func (m *Manager) rereadBorrowed(ctx context.Context, k borrowed, e journal.Entry, hint place) error {
	before := m.table.get(markOf(e))
	at, err := m.find(ctx, k, e, hint)
	if err != nil {
		return err
	}
	if err := m.settle(ctx, k, e, before, at); err != nil {
		logging.From(ctx).Warn("borrowed link is not as it should be", "claim", e.Claim, "key", e.Key, "cause", err)
	}
	return nil
}

// settle acts on where a borrowed link is.
func (m *Manager) settle(ctx context.Context, k borrowed, e journal.Entry, before known, at place) error {
	switch {
	case at.location == lost && isOver(e) && !m.driven(e.Was):
		return m.forget(ctx, e)
	case at.location == onHost && e.Leaving:
		if err := m.restore(ctx, e, at.link); err != nil {
			return err
		}
		logging.From(ctx).Log(ctx, logging.Call, "borrowed link given back", "claim", e.Claim, "key", e.Key, "link", e.Name)
		return m.forget(ctx, e)
	case at.location == onHost:
		ready, place, err := m.ready(ctx, k, e, at.link)
		if _, gone := m.links.ByIndex(ctx, link.Host, at.index); errors.Is(gone, link.ErrNotFound) {
			return nil // a runtime has taken it meanwhile, and the kernel tells of that
		}
		if err != nil {
			m.table.setIf(before, e, at)
			return err
		}
		e, at = ready, place
		logging.From(ctx).Log(ctx, logging.Call, "borrowed link is at home", "claim", e.Claim, "key", e.Key, "link", e.Name)
	case at.location == lost && before.place.location != lost:
		logging.From(ctx).Log(ctx, logging.Call, "borrowed link lost", "claim", e.Claim, "key", e.Key, "link", e.Name)
	}
	m.table.setIf(before, e, at)
	return nil
}

// forget ends an attachment of which nothing is left to give back.
func (m *Manager) forget(ctx context.Context, e journal.Entry) error {
	m.table.drop(markOf(e))
	return m.journal.Remove(ctx, e.Claim, e.Key)
}

// lentTo returns the row of the attachment that a link of the host is lent to.
func (m *Manager) lentTo(l link.Link) (known, bool) {
	if l.Device == (link.Device{}) {
		return known{}, false
	}
	rows := m.table.where(func(row known) bool { return row.entry.Was != nil && row.entry.Was.Device == l.Device })
	if len(rows) == 0 {
		return known{}, false
	}
	return rows[0], true
}

// hardwareSeen learns of a borrowed link on the host: it has come home, was
// renamed there, or a twin has given it back.
func (m *Manager) hardwareSeen(ctx context.Context, row known, l link.Link) {
	mk := markOf(row.entry)
	if row.place.location != onHost || row.place.index != l.Index || l.Name != row.entry.Name || l.Alias != mk.alias() {
		m.returns.expect(ctx, m, mk)
	}
}

// unknownGone learns of links that a twin has lent: nothing is told of them
// before they leave for their pod.
func (m *Manager) unknownGone(ctx context.Context) error {
	entries, err := m.journal.All()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if mk := markOf(e); e.Was != nil && m.table.get(mk).version == 0 {
			m.returns.expect(ctx, m, mk)
		}
	}
	return nil
}
