package attachment

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// abandonedAfter is the age at which an entry without a link, or a file that is
// half written, belongs to no call any more: calls end after 30 s.
const abandonedAfter = time.Minute

// readAll compares the table with the journal and the kernel.
func (m *Manager) readAll(ctx context.Context) error {
	if err := m.journal.Sweep(abandonedAfter); err != nil {
		logging.From(ctx).Warn("files that a crash left half written stay in the journal", "cause", err)
	}
	entries, err := m.journal.All()
	if err != nil {
		return err
	}
	pods, err := m.inPods(ctx, entries)
	if err != nil {
		return err
	}
	marks := map[mark]place{}
	for _, e := range m.withRows(entries) {
		if e.Request.GetUverbs() == nil { // see RDMAChanged
			marks[markOf(e)] = pods.of(e)
		}
	}
	for mk, hint := range marks {
		if err := m.reread(ctx, mk, hint); err != nil {
			return err
		}
	}
	return nil
}

// withRows adds the entries that the table knows and the journal has no more.
func (m *Manager) withRows(entries []journal.Entry) []journal.Entry {
	all := slices.Clone(entries)
	for _, row := range m.table.all() {
		all = append(all, row.entry)
	}
	return all
}

// reread finds one attachment anew. It holds the claim's lock, for a call may
// be making or deleting the link.
func (m *Manager) reread(ctx context.Context, mk mark, hint place) error {
	release, err := m.locks.Lock(ctx, mk.Claim)
	if err != nil {
		return err
	}
	defer release()
	e, k, err := m.entry(mk)
	if errors.Is(err, journal.ErrNotFound) {
		m.table.drop(mk)
		return nil
	}
	if _, ok := errors.AsType[*UnsupportedError](err); ok {
		logging.From(ctx).Warn("attachment left to a newer netagent", "claim", mk.Claim, "key", mk.Key, "cause", err)
		return nil
	}
	if err != nil {
		return err
	}
	if b, ok := k.(borrowed); ok {
		return m.rereadBorrowed(ctx, b, e, hint)
	}
	at, err := m.find(ctx, k, e, hint)
	if err != nil {
		return err
	}
	before := m.table.get(mk)
	if at.location == lost {
		if at.over, err = m.cannotReturn(ctx, k, e, before); err != nil {
			return err
		}
	}
	if at.location == lost && isOver(e) && (at.over || before.version != 0) {
		logging.From(ctx).Info("journal entry of a call that was cut short removed", "claim", mk.Claim, "key", mk.Key)
		m.table.drop(mk)
		return m.journal.Remove(ctx, mk.Claim, mk.Key)
	}
	if at.location == onHost {
		e.Made = madeOf(at.link)
		m.restoreName(ctx, e, at.link)
	}
	m.table.set(e, at)
	if at.location == onHost && at.link.Alias == "" && !e.Leaving {
		m.complete(ctx, k.(created), e, at.link)
	}
	return nil
}

// finishLeft finishes a new link if its maker, a twin, has died before it could.
// Who is alive has the claim's lock until the link is finished.
func (m *Manager) finishLeft(ctx context.Context, mk mark) {
	release, err := m.locks.Lock(ctx, mk.Claim)
	if err != nil {
		return // at the end of the process; whoever comes next reads everything
	}
	defer release()
	e, k, err := m.entry(mk)
	made, ok := k.(created)
	if err != nil || e.Leaving || !ok {
		return
	}
	at, err := m.findOnHost(ctx, k, e)
	if err == nil && at.location == onHost && at.link.Alias == "" {
		m.complete(ctx, made, e, at.link)
	}
}

// complete finishes a link that a call was cut short of finishing. Nobody else
// may: who made it again because it was lost sees it on the host and is content.
func (m *Manager) complete(ctx context.Context, k created, e journal.Entry, l link.Link) {
	c := call{Manager: m, mark: markOf(e), device: e.Request}
	log := logging.From(ctx).With("claim", e.Claim, "key", e.Key)
	if _, err := c.finish(ctx, k, e, l); err != nil {
		log.Warn("link of a call that was cut short is left unfinished", "cause", err)
		return
	}
	log.Info("link of a call that was cut short finished")
}

// isOver says whether an entry whose link is nowhere has nothing to tell: what
// was to be taken back is gone, or what was to be made never came.
func isOver(e journal.Entry) bool {
	return e.Leaving || e.Made == nil && time.Since(e.Since) > abandonedAfter
}
