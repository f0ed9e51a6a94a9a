package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// listing is which entries the journal's directory has. To read a directory costs
// 2 µs an entry (tmpfs, 6.12), and each call asks; so inotify tells of changes,
// this process's own too. The kernel queues them within the system call that makes
// them: what a twin has done before it gave up a lock is there for who takes it.
type listing struct {
	dir string

	mu      sync.Mutex
	notify  int                         // -1 when there is none: then the directory is read each time
	known   bool                        // until events were lost
	claims  map[string]map[string]state // by claim and file name
	count   int
	written state // the last
}

// state tells an entry from what it is when it was written again.
type state uint64

// listed is an entry's file as it was when it was listed, or newer.
type listed struct {
	name  string
	state state
}

// changes are those by which a name comes or goes.
const changes = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO | unix.IN_ONLYDIR

// lost ends what is known: events were too many, or the directory is another one.
const lost = unix.IN_Q_OVERFLOW | unix.IN_IGNORED | unix.IN_UNMOUNT

// newListing does without inotify where the node has no more of it
// (fs.inotify.max_user_instances).
func newListing(dir string) *listing {
	l := &listing{dir: dir, notify: -1}
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		return l
	}
	if _, err := unix.InotifyAddWatch(fd, dir, changes); err != nil {
		_ = unix.Close(fd)
		return l
	}
	l.notify = fd
	return l
}

func (l *listing) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget()
}

// forget goes on without inotify.
func (l *listing) forget() {
	if l.notify >= 0 {
		_ = unix.Close(l.notify)
	}
	l.notify = -1
}

// look calls do with the listing as it is now.
func (l *listing) look(do func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.catchUp(); err != nil {
		l.known = false
		return fmt.Errorf("list journal: %w", err)
	}
	do()
	return nil
}

// all returns all files, sorted by name.
func (l *listing) all() (entries []listed, err error) {
	err = l.look(func() {
		entries = make([]listed, 0, l.count)
		for claim := range l.claims {
			entries = l.appendOf(entries, claim)
		}
	})
	slices.SortFunc(entries, byName)
	return entries, err
}

// of returns a claim's files, sorted by name.
func (l *listing) of(claim string) (entries []listed, err error) {
	err = l.look(func() { entries = l.appendOf(nil, claim) })
	slices.SortFunc(entries, byName)
	return entries, err
}

func (l *listing) appendOf(entries []listed, claim string) []listed {
	for name, state := range l.claims[claim] {
		entries = append(entries, listed{name, state})
	}
	return entries
}

func byName(a, b listed) int { return strings.Compare(a.name, b.name) }

// catchUp takes in what has changed. The directory is read after the changes
// before it are: those that come meanwhile say the same once more.
func (l *listing) catchUp() error {
	if l.notify >= 0 {
		if err := l.events(); err != nil {
			return err
		}
	}
	if l.notify >= 0 && l.known {
		return nil
	}
	dir, err := os.Open(l.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	l.claims, l.count, l.known = map[string]map[string]state{}, 0, true
	for _, name := range names {
		l.wrote(name)
	}
	return nil
}

// events takes in all that wait.
func (l *listing) events() error {
	var buf [16 << 10]byte
	for {
		n, err := unix.Read(l.notify, buf[:])
		switch {
		case errors.Is(err, unix.EAGAIN):
			return nil
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return err
		}
		for b := buf[:n]; len(b) >= unix.SizeofInotifyEvent; {
			size := unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(b[12:]))
			name, _, _ := strings.Cut(string(b[unix.SizeofInotifyEvent:size]), "\x00")
			l.event(binary.NativeEndian.Uint32(b[4:]), name)
			b = b[size:]
		}
		if l.notify < 0 {
			return nil
		}
	}
}

func (l *listing) event(mask uint32, name string) {
	switch {
	case mask&lost != 0:
		l.known = false
		if mask&unix.IN_IGNORED != 0 {
			l.forget()
		}
	case mask&(unix.IN_CREATE|unix.IN_MOVED_TO) != 0:
		l.wrote(name)
	default:
		l.removed(name)
	}
}

func (l *listing) wrote(name string) {
	id, ok := parse(name)
	if !ok || !l.known {
		return
	}
	if l.claims[id.Claim] == nil {
		l.claims[id.Claim] = map[string]state{}
	}
	if _, there := l.claims[id.Claim][name]; !there {
		l.count++
	}
	l.written++
	l.claims[id.Claim][name] = l.written
}

func (l *listing) removed(name string) {
	id, ok := parse(name)
	if _, there := l.claims[id.Claim][name]; !ok || !there {
		return
	}
	delete(l.claims[id.Claim], name)
	if len(l.claims[id.Claim]) == 0 {
		delete(l.claims, id.Claim)
	}
	l.count--
}

// parse is the inverse of fileName; it is not ok for what lies beside the entries.
// Which of the others are none, who reads them finds out.
func parse(name string) (id ID, ok bool) {
	name, ok = strings.CutSuffix(name, ext)
	id.Claim, id.Key, _ = strings.Cut(name, ".")
	return id, ok
}
