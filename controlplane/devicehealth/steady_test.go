package devicehealth

import (
	"testing"
	"time"
)

func TestSteady(t *testing.T) {
	const hold = 10 * time.Second
	s := NewSteady(hold)
	began := time.Unix(0, 0)
	for _, step := range []struct {
		at      time.Duration
		current map[string]bool
		settled map[string]bool
		next    time.Duration // 0: none
	}{
		{0, map[string]bool{"a": true, "b": false}, map[string]bool{"a": true, "b": false}, 0},
		{1 * time.Second, map[string]bool{"a": false, "b": false}, map[string]bool{"a": true, "b": false}, 11 * time.Second},
		{5 * time.Second, map[string]bool{"a": true, "b": true}, map[string]bool{"a": true, "b": false}, 15 * time.Second},
		{6 * time.Second, map[string]bool{"a": false, "b": true, "new": true}, map[string]bool{"a": true, "b": false, "new": false}, 15 * time.Second},
		{15 * time.Second, map[string]bool{"a": false, "b": true, "new": true}, map[string]bool{"a": true, "b": true, "new": false}, 16 * time.Second},
		{16 * time.Second, map[string]bool{"a": false, "b": true, "new": true}, map[string]bool{"a": false, "b": true, "new": true}, 0},
		{17 * time.Second, map[string]bool{"b": true}, map[string]bool{"b": true}, 0},
		// Who comes back is new.
		{18 * time.Second, map[string]bool{"a": true, "b": true}, map[string]bool{"a": false, "b": true}, 28 * time.Second},
	} {
		settled, next := s.Update(began.Add(step.at), step.current)
		want := time.Time{}
		if step.next != 0 {
			want = began.Add(step.next)
		}
		if !next.Equal(want) {
			t.Errorf("after %v: look again at %v, want %v", step.at, next, want)
		}
		for name, value := range step.settled {
			if settled[name] != value {
				t.Errorf("after %v: %s is %v", step.at, name, settled[name])
			}
		}
		if len(settled) != len(step.settled) {
			t.Errorf("after %v: %v", step.at, settled)
		}
	}
}
