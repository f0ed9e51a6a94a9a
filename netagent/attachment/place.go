package attachment

import (
	"context"
	"errors"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
)

type location int

const (
	lost location = iota
	onHost
	inPod
)

// place is where an attachment's link is.
type place struct {
	location location
	ns       link.Namespace
	index    int
	link     link.Link                // as it was seen last, maybe before it left for the pod
	files    []*netagentv1.CharDevice // of an RDMA device
	over     bool                     // of what is lost: it came home and was deleted, see homing
}

// locate finds an entry's link: on the host, where it was last known to be, or
// in any pod.
func (m *Manager) locate(ctx context.Context, k kind, e journal.Entry) (place, error) {
	if last := m.table.get(markOf(e)).place; last.location == inPod {
		at, err := m.find(ctx, k, e, last)
		if err != nil || at.location != lost {
			return at, err
		}
	}
	at, err := m.find(ctx, k, e, place{})
	if err != nil || at.location != lost {
		return at, err
	}
	entries := []journal.Entry{e}
	if homes(k) { // a link may have marks of one entry and be another's
		if entries, err = m.journal.All(); err != nil {
			return place{}, err
		}
	}
	pods, err := m.inPods(ctx, entries)
	if err != nil {
		return place{}, err
	}
	return m.find(ctx, k, e, pods.of(e))
}

// find looks on the host and at one place in a pod.
func (m *Manager) find(ctx context.Context, k kind, e journal.Entry, hint place) (place, error) {
	at, err := m.findOnHost(ctx, k, e)
	if err != nil || at.location == onHost || hint.location != inPod {
		return at, err
	}
	l, err := m.links.ByIndex(ctx, hint.ns, hint.index)
	if errors.Is(err, link.ErrNotFound) || err == nil && !isStill(l, k, e) {
		return place{}, nil
	}
	hint.link = l
	return hint, err
}

// isStill says whether a link in a pod can be the entry's, by what a pod cannot
// change.
func isStill(l link.Link, k kind, e journal.Entry) bool {
	if e.Was != nil {
		return l.Device == e.Was.Device
	}
	return l.Kind == k.name()
}

// findOnHost looks for the index that the link had when it was made, for it may
// have been renamed, then for its name, for a twin may have made it again.
func (m *Manager) findOnHost(ctx context.Context, k kind, e journal.Entry) (place, error) {
	if e.Was != nil {
		return m.findHome(ctx, e)
	}
	byIndex := func() (link.Link, error) { return m.links.ByIndex(ctx, link.Host, e.Made.Index) }
	byName := func() (link.Link, error) { return m.links.ByName(ctx, e.Name) }
	tries := []func() (link.Link, error){byName}
	if e.Made != nil {
		tries = []func() (link.Link, error){byIndex, byName}
	}
	for _, look := range tries {
		l, err := look()
		if err == nil && owns(l, k, e) {
			return place{location: onHost, ns: link.Host, index: l.Index, link: l}, nil
		}
		if err != nil && !errors.Is(err, link.ErrNotFound) {
			return place{}, err
		}
	}
	return place{}, nil
}

// whereabouts are links in other namespaces: by the attachment that they are of,
// and by hardware.
type whereabouts struct {
	marked   map[mark]place
	hardware map[link.Device]place
}

// of returns where an entry's link is.
func (w whereabouts) of(e journal.Entry) place {
	if e.Was != nil {
		return w.hardware[e.Was.Device]
	}
	return w.marked[markOf(e)]
}

// inPods looks into all other namespaces for links that have the alias of one of
// the entries, or are known by what a pod cannot change.
func (m *Manager) inPods(ctx context.Context, entries []journal.Entry) (whereabouts, error) {
	namespaces, err := m.links.Namespaces(ctx)
	if err != nil {
		return whereabouts{}, err
	}
	whose := identifier(entries)
	found := whereabouts{marked: map[mark]place{}, hardware: map[link.Device]place{}}
	for _, ns := range namespaces {
		links, err := m.links.List(ctx, ns)
		if errors.Is(err, link.ErrNotFound) {
			continue // it ended meanwhile
		}
		if err != nil {
			return whereabouts{}, err
		}
		for _, l := range links {
			at := place{location: inPod, ns: ns, index: l.Index, link: l}
			if e, ok := whose(l); ok {
				found.mark(e, at)
			}
			if l.Device != (link.Device{}) {
				found.hardware[l.Device] = at
			}
		}
	}
	return found, nil
}

// mark notes where a link is that has an entry's alias. Of several, for another
// pod may give a link of its own that alias, it is the one with the index that the
// entry's had on the host: the kernel keeps it where it is free.
func (w whereabouts) mark(e journal.Entry, at place) {
	if _, there := w.marked[markOf(e)]; !there || e.Made != nil && at.index == e.Made.Index {
		w.marked[markOf(e)] = at
	}
}

// identifier returns what reads from a link in a pod whose it is. An alias counts
// on a link of the entry's kind alone, and where nothing better tells.
func identifier(entries []journal.Entry) func(link.Link) (journal.Entry, bool) {
	return func(l link.Link) (journal.Entry, bool) {
		for _, e := range entries {
			if k, err := kindOf(e.Request); err == nil && isSame(l, k, e) {
				return e, true
			}
		}
		for _, e := range entries {
			k, err := kindOf(e.Request)
			if err == nil && l.Alias == markOf(e).alias() && l.Kind == k.name() && (!homes(k) || e.Made == nil) {
				return e, true
			}
		}
		return journal.Entry{}, false
	}
}

// message is an attachment as the API has it.
func message(e journal.Entry, at place) *netagentv1.Attachment {
	if e.Request.GetUverbs() != nil {
		return rdmaMessage(e, at)
	}
	return &netagentv1.Attachment{
		ClaimUid: e.Claim,
		Key:      e.Key,
		Location: at.location.message(),
		Device: &netagentv1.Attachment_Link{Link: &netagentv1.Link{
			Name:       e.Name,
			Ifindex:    int32(e.Made.Index),
			MacAddress: e.Made.MAC,
			Mtu:        e.Made.MTU,
			Alias:      markOf(e).alias(),
		}},
	}
}

func (l location) message() netagentv1.Location {
	switch l {
	case onHost:
		return netagentv1.Location_LOCATION_HOST
	case inPod:
		return netagentv1.Location_LOCATION_POD
	}
	return netagentv1.Location_LOCATION_LOST
}
