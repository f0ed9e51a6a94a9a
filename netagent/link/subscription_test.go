package link

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/internal/testns"
)

// TestOverflow lets events pile up until the kernel drops some.
func TestOverflow(t *testing.T) {
	c, ctx := dial(t), context.Background()
	index := testns.Uplink(t, "up0", 1500).Attrs().Index
	s, err := Subscribe()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 40000 {
		if err := c.SetAlias(ctx, index, string(rune('a'+i%2))); err != nil {
			t.Fatal(err)
		}
	}
	for err == nil {
		_, err = s.Receive()
	}
	if !errors.Is(err, unix.ENOBUFS) {
		t.Errorf("got %v, want ENOBUFS", err)
	}
}

// eventLog receives events in the order in which they come.
type eventLog struct {
	t      *testing.T
	events chan Event
}

func subscribe(t *testing.T) *eventLog {
	t.Helper()
	s, err := Subscribe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	l := &eventLog{t: t, events: make(chan Event, 1024)}
	go func() {
		defer close(l.events)
		for {
			list, err := s.Receive()
			if err != nil {
				return
			}
			for _, e := range list {
				l.events <- e
			}
		}
	}()
	return l
}

func (l *eventLog) until(what string, ok func(Event) bool) {
	l.t.Helper()
	timeout := time.After(time.Minute)
	for {
		select {
		case e, open := <-l.events:
			if !open {
				l.t.Fatalf("events ended before %s", what)
			}
			if ok(e) {
				return
			}
		case <-timeout:
			l.t.Fatalf("no event: %s", what)
		}
	}
}

func (l *eventLog) seen(name string) (found Link) {
	l.t.Helper()
	l.until("link "+name, func(e Event) bool {
		s, ok := e.(Seen)
		found = s.Link
		return ok && s.Link.Name == name
	})
	return found
}

func (l *eventLog) gone(index int) (found Gone) {
	l.t.Helper()
	l.until("link gone", func(e Event) (ok bool) {
		found, ok = e.(Gone)
		return ok && found.Index == index
	})
	return found
}

func (l *eventLog) namespaceGone(ns Namespace) {
	l.t.Helper()
	l.until("namespace gone", func(e Event) bool { return e == NamespaceGone{Namespace: ns} })
}
