package claimlock

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// sharedPoll is how often to ask for a lock that a twin has: the kernel's own
// wait cannot be ended by a context.
const sharedPoll = 10 * time.Millisecond

// Open returns locks that are shared, by a file, with the twin that works on the
// same node during a rolling update. The file is made if it is not there, has
// nothing in it and is never removed.
func Open(path string) (*Locks, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("file of the claims' locks: %w", err)
	}
	return &Locks{shared: f}, nil
}

// Close lets go of the file, if there is one.
func (l *Locks) Close() error {
	if l == nil || l.shared == nil {
		return nil
	}
	return l.shared.Close()
}

// lockShared waits until no twin has the claim. Whoever calls it has the claim's
// lock of this process.
func (l *Locks) lockShared(ctx context.Context, uid string) error {
	if l.shared == nil {
		return nil
	}
	for {
		err := l.setShared(uid, unix.F_WRLCK)
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EACCES) {
			return err
		}
		select {
		case <-time.After(sharedPoll):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (l *Locks) unlockShared(uid string) {
	if l.shared != nil {
		_ = l.setShared(uid, unix.F_UNLCK) // fails on a closed file alone, which has no locks
	}
}

// setShared locks or unlocks the byte of the file that is the claim's. The lock
// belongs to the open file, so that it also keeps two of one process apart.
func (l *Locks) setShared(uid string, how int16) error {
	sum := sha256.Sum256([]byte(uid))
	offset := int64(binary.BigEndian.Uint64(sum[:]) >> 2)
	return unix.FcntlFlock(l.shared.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: how, Start: offset, Len: 1})
}
