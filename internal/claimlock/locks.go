// Package claimlock keeps apart those who act on one claim: the calls of one
// process, and the two that share a node during a rolling update.
//
// Locks that are opened on the same file exclude each other, claim by claim.
// What a process has locked is free when it ends, however it does, so that a
// crash leaves nothing to clean up. Taking a lock that nobody has and freeing it
// are a system call each and wait for no disk.
//
// Nothing less is enough. Whoever makes a lost link again could look afterwards
// whether the claim is still prepared, but a record that is there does not say
// that nobody is taking it away; a mark that says so would outlive who crashed.
package claimlock

import (
	"context"
	"fmt"
	"os"
	"sync"
)

// Locks has one lock for each claim, so that what is prepared, followed and
// cleaned up does not meet. The zero value is ready, and one process's own; see
// [Open].
type Locks struct {
	shared *os.File // nil: with nobody

	mu   sync.Mutex
	held map[string]*lock
}

// lock is a mutex that can be waited for with a context: it is held by who has
// put a value into the channel.
type lock struct {
	c     chan struct{}
	users int
}

// Lock waits for the claim's lock. The caller owes one call of unlock.
func (l *Locks) Lock(ctx context.Context, uid string) (unlock func(), err error) {
	k := l.enter(uid)
	select {
	case k.c <- struct{}{}:
	case <-ctx.Done():
		l.leave(uid)
		return nil, fmt.Errorf("wait for another call of the same claim: %w", context.Cause(ctx))
	}
	free := func() { <-k.c; l.leave(uid) }
	if err := l.lockShared(ctx, uid); err != nil {
		free()
		return nil, fmt.Errorf("wait for a twin that is busy with the claim: %w", err)
	}
	return func() { l.unlockShared(uid); free() }, nil
}

func (l *Locks) enter(uid string) *lock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = map[string]*lock{}
	}
	k := l.held[uid]
	if k == nil {
		k = &lock{c: make(chan struct{}, 1)}
		l.held[uid] = k
	}
	k.users++
	return k
}

func (l *Locks) leave(uid string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.held[uid]
	k.users--
	if k.users == 0 {
		delete(l.held, uid)
	}
}
