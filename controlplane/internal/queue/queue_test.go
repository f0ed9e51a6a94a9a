package queue_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hawser-dra/hawser/controlplane/internal/queue"
)

// run runs a queue until the test ends.
func run(t *testing.T, q *queue.Queue, handle func(context.Context, string) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		q.Run(ctx, handle)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}

func TestOneWorkerAClaim(t *testing.T) {
	q := queue.New("handle", queue.Config{Workers: 8})
	var busy sync.Map
	var handled sync.WaitGroup
	handled.Add(1)
	var once sync.Once
	run(t, q, func(_ context.Context, uid string) error {
		if _, taken := busy.LoadOrStore(uid, true); taken {
			t.Errorf("%s is handled twice at once", uid)
		}
		time.Sleep(time.Millisecond)
		busy.Delete(uid)
		if uid == "last" {
			once.Do(handled.Done)
		}
		return nil
	})
	for range 50 {
		q.Add("a", 0)
		q.Add("b", 0)
		time.Sleep(100 * time.Microsecond)
	}
	q.Add("last", time.Millisecond)
	handled.Wait()
}

func TestTriedAgain(t *testing.T) {
	q := queue.New("handle", queue.Config{MinBackoff: time.Millisecond})
	tries := make(chan int, 10)
	var n atomic.Int64
	run(t, q, func(context.Context, string) error {
		tries <- int(n.Add(1))
		if n.Load() < 4 {
			return errors.New("not yet")
		}
		return nil
	})
	q.Add("a", 0)
	for <-tries != 4 {
	}
	select {
	case <-tries:
		t.Error("handled again after it went well")
	case <-time.After(20 * time.Millisecond):
	}
}

func TestGivesUpUntilTheNextChange(t *testing.T) {
	q := queue.New("handle", queue.Config{MinBackoff: time.Millisecond, MaxFailures: 2})
	var n atomic.Int64
	run(t, q, func(context.Context, string) error {
		n.Add(1)
		return errors.New("never")
	})
	for change := range 2 {
		q.Add("a", 0)
		time.Sleep(50 * time.Millisecond)
		if got, want := n.Load(), int64(2*(change+1)); got != want {
			t.Errorf("tried %d times after %d changes, want %d", got, change+1, want)
		}
	}
}
