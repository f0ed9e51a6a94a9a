package devicehealth

import (
	"time"
)

// Steady follows states that may flap, such as that of a link: each takes on
// another value only when that has held for a while. The zero Steady is not
// usable: see [NewSteady].
type Steady struct {
	hold   time.Duration
	states map[string]*state
}

// state is one device's.
type state struct {
	settled bool
	last    bool
	since   time.Time // when last became what it is
}

// NewSteady returns a Steady whose states must hold that long.
func NewSteady(hold time.Duration) *Steady { return &Steady{hold: hold} }

// Update takes in what the states are now and returns those that are settled, and
// when to look again although nothing changes; zero: no need. What it sees at the
// first time of all counts at once: a driver that starts anew must not undo for a
// while what the last one had settled. Later a state that is new begins as false.
func (s *Steady) Update(now time.Time, current map[string]bool) (settled map[string]bool, next time.Time) {
	settled = map[string]bool{}
	states := make(map[string]*state, len(current))
	for name, value := range current {
		st := s.states[name]
		switch {
		case st == nil && s.states == nil:
			st = &state{settled: value, last: value, since: now}
		case st == nil:
			st = &state{last: value, since: now}
		case st.last != value:
			st.last, st.since = value, now
		}
		if due := st.since.Add(s.hold); st.last != st.settled {
			if !now.Before(due) {
				st.settled = st.last
			} else if next.IsZero() || due.Before(next) {
				next = due
			}
		}
		states[name], settled[name] = st, st.settled
	}
	s.states = states
	return settled, next
}
