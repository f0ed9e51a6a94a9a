package journal

import "sync"

// memory is what was read of the journal, so that reading all of it again costs
// little.
type memory struct {
	mu        sync.Mutex
	last, now map[string]remembered // by file name; now while all is being read
}

// remembered is an entry as it was in a state of the listing, or newer.
type remembered struct {
	state state
	entry Entry
}

func (m *memory) begin(size int) { m.now = make(map[string]remembered, size) }

// end forgets the entries that are gone.
func (m *memory) end() { m.last, m.now = m.now, nil }

// readAgain reads an entry, unless it is the same as the last time. The caller has
// the memory's lock.
func (j *Journal) readAgain(l listed) (Entry, error) {
	r, ok := j.all.last[l.name]
	if !ok || r.state != l.state {
		e, err := j.read(l.name)
		if err != nil {
			return Entry{}, err
		}
		r = remembered{state: l.state, entry: e}
	}
	j.all.now[l.name] = r
	return r.entry, nil
}
