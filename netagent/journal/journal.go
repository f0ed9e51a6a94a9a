// Package journal remembers, outside of the process, what netagent has made or
// borrowed for claims: one small file an attachment, in a directory of the
// host's tmpfs that only netagent mounts.
//
// An entry is written before the kernel is changed and removed after, so that a
// crash at any moment leaves something that says what to give back. The files
// are the truth and are read at each call: during a rolling update two
// netagents share the directory. Nothing is synced to disk, for what the files
// describe does not live through a reboot either.
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
	"slices"
	"strings"
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
	dir string
	log *slog.Logger
	// all are the entries as [Journal.All] has read them last.
	all memory
}

// Open returns the journal in dir, which is made if it is not there.
func Open(dir string, log *slog.Logger) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return &Journal{dir: dir, log: log}, nil
}

// Get returns the entry of one attachment, or [ErrNotFound].
func (j *Journal) Get(claim, key string) (Entry, error) {
	return j.read(fileName(claim, key))
}

// Claim returns the entries of a claim, sorted by key.
func (j *Journal) Claim(claim string) ([]Entry, error) {
	return j.list(claim+".", j.read)
}

// All returns all entries, sorted by claim and key. What they point to must not be
// changed: files that are the same as at the last call are not read again.
func (j *Journal) All() ([]Entry, error) {
	j.all.mu.Lock()
	defer j.all.mu.Unlock()
	j.all.begin()
	defer j.all.end()
	return j.list("", j.readAgain)
}

// Count returns how many entries there are, and how many of them a claim's.
func (j *Journal) Count(claim string) (all, ofClaim int, err error) {
	err = j.each(func(name string) {
		all++
		if strings.HasPrefix(name, claim+".") {
			ofClaim++
		}
	})
	return all, ofClaim, err
}

// IDs returns which entries there are, without reading them.
func (j *Journal) IDs() ([]ID, error) {
	names, err := j.names("")
	if err != nil {
		return nil, err
	}
	ids := make([]ID, len(names))
	for i, name := range names {
		ids[i].Claim, ids[i].Key, _ = strings.Cut(strings.TrimSuffix(name, ext), ".")
	}
	return ids, nil
}

func (j *Journal) list(prefix string, read func(name string) (Entry, error)) ([]Entry, error) {
	names, err := j.names(prefix)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, name := range names {
		e, err := read(name)
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

// names returns the names of the entries that begin with prefix, sorted.
func (j *Journal) names(prefix string) (names []string, err error) {
	err = j.each(func(name string) {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	})
	slices.Sort(names)
	return names, err
}

// each calls do with the name of each entry, in the directory's order.
func (j *Journal) each(do func(name string)) error {
	dir, err := os.Open(j.dir)
	if err != nil {
		return fmt.Errorf("list journal: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return fmt.Errorf("list journal: %w", err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, ext) {
			do(name)
		}
	}
	return nil
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
