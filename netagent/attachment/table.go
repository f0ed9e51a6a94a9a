package attachment

import (
	"sync"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/journal"
)

// Publisher is told of each attachment's newest state.
type Publisher interface {
	SetAttachment(*netagentv1.Attachment)
	DropAttachment(claim, key string)
}

// table is where each attachment was last known to be. Events write it in the
// kernel's order; a call writes only what no event has changed since it looked.
type table struct {
	mu        sync.Mutex
	rows      map[mark]known
	names     map[string]mark // of links that there are, or that will be
	version   uint64
	publisher Publisher
}

// known is one row; its version changes with each write, and is 0 when there is
// no row.
type known struct {
	version uint64
	entry   journal.Entry
	place   place
}

func newTable(p Publisher) *table {
	return &table{rows: map[mark]known{}, names: map[string]mark{}, publisher: p}
}

func (t *table) get(mk mark) known {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rows[mk]
}

// expect notes that a link will be made.
func (t *table) expect(mk mark) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.names[mk.linkName()] = mk
}

// named returns whose a link is by the name that it was made with.
func (t *table) named(link string) (mk mark, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	mk, ok = t.names[link]
	return mk, ok
}

// where returns the rows that are wanted.
func (t *table) where(wanted func(known) bool) (rows []known) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, row := range t.rows {
		if wanted(row) {
			rows = append(rows, row)
		}
	}
	return rows
}

// all returns all rows.
func (t *table) all() []known {
	return t.where(func(known) bool { return true })
}

func (t *table) set(e journal.Entry, at place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.write(e, at)
}

// setIf writes unless the row has changed since before was read.
func (t *table) setIf(before known, e journal.Entry, at place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows[markOf(e)].version == before.version {
		t.write(e, at)
	}
}

func (t *table) drop(mk mark) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.rows, mk)
	delete(t.names, mk.linkName())
	t.publisher.DropAttachment(mk.Claim, mk.Key)
}

// write publishes under the lock, so that what is told last is what is true. An
// entry whose link was never there is nothing to tell of yet; an RDMA device was
// there before.
func (t *table) write(e journal.Entry, at place) {
	t.version++
	t.names[markOf(e).linkName()] = markOf(e)
	t.rows[markOf(e)] = known{version: t.version, entry: e, place: at}
	if e.Made != nil || e.Request.GetUverbs() != nil {
		t.publisher.SetAttachment(message(e, at))
	}
}
