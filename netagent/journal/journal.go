// Package journal remembers, outside of the process, what netagent has made or
// borrowed for claims: one small file an attachment, in a directory of the
// host's tmpfs that only netagent mounts.
//
// An entry is written before the kernel is changed and removed after, so that a
// crash at any moment leaves something that says what to give back. The files
// are the truth at each call: during a rolling update two netagents share the
// directory. Nothing is synced to disk, for what the files describe does not live
// through a reboot either.
//
// A file that is not an entry is set aside, never fatal. Callers owe one writer
// for each claim at a time, of twins too (internal/claimlock); [Journal.Add] alone
// settles a race.
package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
)

const (
	ext      = ".json"
	asideExt = ".unreadable"
)

var (
	// ErrNotFound is an attachment that the journal does not have.
	ErrNotFound = errors.New("not in the journal")
	// ErrExists is an attachment that the journal has already.
	ErrExists = errors.New("in the journal already")
)

// Journal is a directory of entries. It may be used by many goroutines.
type Journal struct {
	dir   string
	log   *slog.Logger
	names *listing

	mu   sync.Mutex
	last map[string]remembered // what [Journal.All] has read last, by file name
}

// Open returns the journal in dir, which is made if it is not there. The caller
// owes Close.
func Open(dir string, log *slog.Logger) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return &Journal{dir: dir, log: log, names: newListing(dir)}, nil
}

// Close ends the watch over the directory.
func (j *Journal) Close() { j.names.close() }

// Get returns the entry of one attachment, or [ErrNotFound].
func (j *Journal) Get(claim, key string) (Entry, error) {
	return j.read(fileName(claim, key))
}

// Claim returns the entries of a claim, sorted by key.
func (j *Journal) Claim(claim string) ([]Entry, error) {
	list, err := j.names.of(claim)
	if err != nil {
		return nil, err
	}
	return readEach(list, func(l listed) (Entry, error) { return j.read(l.name) })
}

// All returns all entries, sorted by claim and key. What they point to must not be
// changed: entries that are the same as at the last call are not read again.
func (j *Journal) All() ([]Entry, error) {
	list, err := j.names.all()
	if err != nil {
		return nil, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	now := make(map[string]remembered, len(list))
	defer func() { j.last = now }() // without the entries that are gone
	return readEach(list, func(l listed) (Entry, error) {
		r, ok := j.last[l.name]
		if !ok || r.state != l.state {
			e, err := j.read(l.name)
			if err != nil {
				return Entry{}, err
			}
			r = remembered{l.state, e}
		}
		now[l.name] = r
		return r.entry, nil
	})
}

// remembered is an entry as it was in a state of the listing, or newer.
type remembered struct {
	state state
	entry Entry
}

// IDs returns which entries there are, without reading them.
func (j *Journal) IDs() ([]ID, error) {
	list, err := j.names.all()
	ids := make([]ID, len(list))
	for i, l := range list {
		ids[i], _ = parse(l.name)
	}
	return ids, err
}

// Count returns how many entries there are, and how many of them a claim's.
func (j *Journal) Count(claim string) (all, ofClaim int, err error) {
	err = j.names.look(func() { all, ofClaim = j.names.count, len(j.names.claims[claim]) })
	return all, ofClaim, err
}

func readEach(list []listed, read func(listed) (Entry, error)) ([]Entry, error) {
	var entries []Entry
	for _, l := range list {
		e, err := read(l)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func (j *Journal) read(name string) (Entry, error) {
	b, err := readBounded(filepath.Join(j.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return Entry{}, ErrNotFound
	}
	if err != nil {
		return Entry{}, fmt.Errorf("read journal entry: %w", err)
	}
	e, err := unmarshal(b, name)
	if err != nil {
		return Entry{}, j.setAside(name, err)
	}
	return e, nil
}

// setAside takes a file that is not an entry out of the way: for the node it is
// as if it were not there, and a person finds it under another name.
func (j *Journal) setAside(name string, cause error) error {
	path := filepath.Join(j.dir, name)
	if err := os.Rename(path, path+asideExt); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("set journal entry %s aside (%w): %w", name, cause, err)
	}
	j.log.Error("journal entry set aside: it cannot be understood", "file", path+asideExt, "cause", cause)
	return ErrNotFound
}

func fileName(claim, key string) string { return claim + "." + key + ext }
