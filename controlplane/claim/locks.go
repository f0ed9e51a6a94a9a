package claim

import (
	"context"
	"fmt"
	"sync"
)

// Locks has one lock for each claim, so that what is prepared, followed and
// cleaned up does not meet. The zero value is ready.
type Locks struct {
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
		return func() { <-k.c; l.leave(uid) }, nil
	case <-ctx.Done():
		l.leave(uid)
		return nil, fmt.Errorf("wait for another call of the same claim: %w", context.Cause(ctx))
	}
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
