package attachment

import (
	"context"
	"sync"
)

// locks are one lock a claim, made when it is asked for and gone when nobody
// waits for it.
type locks struct {
	mu     sync.Mutex
	claims map[string]*claimLock
}

type claimLock struct {
	held  chan struct{} // has room for one: whoever holds the lock
	users int           // who hold it or wait
}

// acquire returns what releases the lock, or the context's error.
func (l *locks) acquire(ctx context.Context, claim string) (release func(), err error) {
	c := l.enter(claim)
	select {
	case c.held <- struct{}{}:
		return func() { <-c.held; l.leave(claim, c) }, nil
	case <-ctx.Done():
		l.leave(claim, c)
		return nil, ctx.Err()
	}
}

func (l *locks) enter(claim string) *claimLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.claims[claim]
	if c == nil {
		c = &claimLock{held: make(chan struct{}, 1)}
		l.claims[claim] = c
	}
	c.users++
	return c
}

func (l *locks) leave(claim string, c *claimLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.users--; c.users == 0 {
		delete(l.claims, claim)
	}
}
