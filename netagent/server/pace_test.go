package server

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter()
		for i := range burst {
			if err := l.Limit(t.Context()); err != nil {
				t.Fatalf("call %d of a burst: %v", i+1, err)
			}
		}
		if err := l.Limit(t.Context()); err == nil {
			t.Error("a call past the burst passed")
		}
		time.Sleep(time.Second)
		for i := range callsPerSecond {
			if err := l.Limit(t.Context()); err != nil {
				t.Fatalf("call %d a second later: %v", i+1, err)
			}
		}
	})
}
