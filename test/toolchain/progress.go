package toolchain

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// stillEvery is how often a long step says that it is still at work.
const stillEvery = 20 * time.Second

// log writes whole lines, from any goroutine.
type log struct {
	mu  sync.Mutex
	out io.Writer
}

func (l *log) printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintf(l.out, format+"\n", args...)
}

// Step runs work and tells how it goes: what it does ("building kubernetes"),
// that it still does it, and how long it took.
func (t *Toolchain) Step(what string, work func() error) error {
	t.Logf("%s ...", what)
	start := time.Now()
	done := make(chan struct{})
	var told sync.WaitGroup
	told.Go(func() { t.stillAt(what, start, done) })
	err := work()
	close(done)
	told.Wait()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	t.Logf("%s: done, %s", what, since(start))
	return nil
}

func (t *Toolchain) stillAt(what string, start time.Time, done <-chan struct{}) {
	tick := time.NewTicker(stillEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			t.Logf("still %s, %s", what, since(start))
		}
	}
}

func since(start time.Time) time.Duration {
	return time.Since(start).Round(100 * time.Millisecond)
}
