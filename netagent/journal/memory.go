package journal

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// memory is what was read of the journal, so that reading all of it again costs a
// stat a file. A file that is there is never written to, but replaced by another.
type memory struct {
	mu        sync.Mutex
	last, now map[string]remembered // by file name; now while all is being read
}

// remembered is an entry, and the file that it was read from.
type remembered struct {
	file  identity
	entry Entry
}

// identity tells a file from the one that replaces it. The journal's tmpfs does
// not use an inode number again; the change time is for directories elsewhere.
type identity struct {
	inode   uint64
	changed unix.Timespec
	size    int64
}

func (m *memory) begin() { m.now = make(map[string]remembered, len(m.last)) }

// end forgets the files that are gone.
func (m *memory) end() { m.last, m.now = m.now, nil }

// readAgain reads an entry, unless its file is the same as the last time. The
// caller has the memory's lock.
func (j *Journal) readAgain(name string) (Entry, error) {
	file, err := j.identity(name)
	if err != nil {
		return Entry{}, err
	}
	r, ok := j.all.last[name]
	if !ok || r.file != file {
		// A file that comes between the two is read again the next time.
		r = remembered{file: file}
		if r.entry, err = j.read(name); err != nil {
			return Entry{}, err
		}
	}
	j.all.now[name] = r
	return r.entry, nil
}

func (j *Journal) identity(name string) (identity, error) {
	var s unix.Stat_t
	err := unix.Stat(filepath.Join(j.dir, name), &s)
	if errors.Is(err, unix.ENOENT) {
		return identity{}, ErrNotFound
	}
	if err != nil {
		return identity{}, fmt.Errorf("look at journal entry: %w", err)
	}
	return identity{inode: s.Ino, changed: s.Ctim, size: s.Size}, nil
}
