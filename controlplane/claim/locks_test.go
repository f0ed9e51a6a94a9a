package claim_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/hawser-dra/hawser/controlplane/claim"
)

func TestLocksExclude(t *testing.T) {
	var locks claim.Locks
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
	var locks claim.Locks
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
