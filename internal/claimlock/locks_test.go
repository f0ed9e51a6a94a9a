package claimlock_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hawser-dra/hawser/internal/claimlock"
)

func TestLocksExclude(t *testing.T) {
	var locks claimlock.Locks
	var wg sync.WaitGroup
	counts := map[string]*int{"a": new(int), "b": new(int)}
	for range 100 {
		for uid, n := range counts {
			wg.Go(func() {
				unlock, err := locks.Lock(t.Context(), uid)
				if err != nil {
					t.Error(err)
					return
				}
				defer unlock()
				*n++ // the race detector looks on
			})
		}
	}
	wg.Wait()
	if *counts["a"] != 100 || *counts["b"] != 100 {
		t.Errorf("counted %d and %d", *counts["a"], *counts["b"])
	}
}

func TestLockGivesUp(t *testing.T) {
	var locks claimlock.Locks
	unlock, err := locks.Lock(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := locks.Lock(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v for a lock that is held", err)
	}
	unlock()
	unlock, err = locks.Lock(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

// Two drivers of a rolling update keep out of each other's way, claim by claim,
// and nothing stays locked when one ends.
func TestLocksAreShared(t *testing.T) {
	path := filepath.Join(t.TempDir(), "claims.lock")
	open := func() *claimlock.Locks {
		l, err := claimlock.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	old, successor := open(), open()
	defer func() { _ = successor.Close() }()
	lock := func(l *claimlock.Locks, uid string) (func(), error) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		return l.Lock(ctx, uid)
	}
	unlock, err := lock(old, "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock(successor, "a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v for a lock that the other driver has", err)
	}
	if other, err := lock(successor, "b"); err != nil {
		t.Errorf("another claim: %v", err)
	} else {
		other()
	}
	unlock()
	if mine, err := lock(successor, "a"); err != nil {
		t.Errorf("after it was freed: %v", err)
	} else {
		mine()
	}
	if _, err := lock(old, "a"); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil { // as its end does
		t.Fatal(err)
	}
	if _, err := lock(successor, "a"); err != nil {
		t.Errorf("after the other driver's end: %v", err)
	}
}
