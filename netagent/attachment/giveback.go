package attachment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
)

const (
	// homeTime is how long giving back waits for a link that its pod still has:
	// the kubelet was seen to ask a second before the namespace's end.
	homeTime = 10 * time.Second
	homePoll = 10 * time.Millisecond
)

// giveBack gives a borrowed device back as it was, when it is home. Hardware that
// is gone has nothing to be given back; a device that stays away is an
// [AwayError], and is given back when it comes home.
func (m *Manager) giveBack(ctx context.Context, k borrowed, e journal.Entry) error {
	at, err := m.await(ctx, k, e, homeTime, func(at place) bool {
		return at.location == onHost || at.location == lost && !m.driven(e.Was)
	})
	switch {
	case err != nil:
		return err
	case at.location == inPod:
		return &AwayError{Device: e.Was.Device, Where: fmt.Sprintf("still in the network namespace with id %d", at.ns)}
	case at.location == onHost:
		return m.restore(ctx, e, at.link)
	case m.driven(e.Was):
		return &AwayError{Device: e.Was.Device, Where: "in a network namespace that netagent cannot see"}
	}
	return m.restoreCard(ctx, e.Was)
}

// restore gives a link of the host back.
func (m *Manager) restore(ctx context.Context, e journal.Entry, l link.Link) error {
	was := stateOf(e.Was)
	if err := m.bring(ctx, e, l, was, allErrors); err != nil {
		return fmt.Errorf("give %s back as it was: %w", e.Was.Name, err)
	}
	fault.Point(fault.NetagentLinkRestored)
	if err := m.links.SetAlias(ctx, l.Index, was.alias); err != nil {
		return err
	}
	if was.up {
		if err := m.links.SetUp(ctx, l.Index); err != nil {
			return err
		}
	}
	return nil
}

// restoreCard gives back what a card keeps of a function that has no link any
// more, if the card is still there.
func (m *Manager) restoreCard(ctx context.Context, w *journal.Was) error {
	if w.VF == nil {
		return nil
	}
	f, err := m.function(ctx, w)
	if err != nil {
		return unlessGone(err)
	}
	err = unlessGone(f.Restore(ctx, w.VF.Settings()))
	if !w.VF.Given {
		return err
	}
	return errors.Join(err, unlessGone(m.giveMAC(ctx, w, stateOf(w))))
}

// driven says whether the hardware is there and has the driver that it had, so
// that there must be a link somewhere.
func (m *Manager) driven(w *journal.Was) bool {
	return w.Driver != "" && m.sys.Driver(w.Device.Bus, w.Device.Name) == w.Driver
}

// findHome looks for a borrowed link on the host, where it comes back under any
// name.
func (m *Manager) findHome(ctx context.Context, e journal.Entry) (place, error) {
	links, err := m.links.List(ctx, link.Host)
	if err != nil {
		return place{}, err
	}
	for _, l := range links {
		if l.Device == e.Was.Device {
			return place{location: onHost, ns: link.Host, index: l.Index, link: l}, nil
		}
	}
	return place{}, nil
}

// await looks where a link is until that is what is waited for, or time is up.
func (m *Manager) await(ctx context.Context, k kind, e journal.Entry, most time.Duration, ok func(place) bool) (place, error) {
	for end := time.Now().Add(most); ; {
		at, err := m.locate(ctx, k, e)
		if err != nil || ok(at) || time.Now().After(end) {
			return at, err
		}
		select {
		case <-time.After(homePoll):
		case <-ctx.Done():
			return at, errors.Join(ctx.Err(), &AwayError{Device: e.Was.Device, Where: "not home"})
		}
	}
}
