package attachment

import (
	"context"
	"errors"
	"strings"

	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// apply brings the table up to date with one event of the kernel.
func (m *Manager) apply(ctx context.Context, event link.Event) error {
	switch e := event.(type) {
	case link.Seen:
		return m.seen(ctx, e.Link)
	case link.Gone:
		return m.gone(ctx, e)
	case link.NamespaceGone:
		return m.namespaceGone(ctx, e.Namespace)
	}
	return nil
}

// seen learns of a link that was made, by this process or a twin, that came
// back, or that was renamed: the container runtime does that on the host to the
// link of a hostNetwork pod.
func (m *Manager) seen(ctx context.Context, l link.Link) error {
	if row, ok := m.lentTo(l); ok {
		m.hardwareSeen(ctx, row, l)
		return nil
	}
	if home, err := m.returned(ctx, l); home || err != nil {
		return err
	}
	mk, ok, err := m.identify(l)
	if !ok || err != nil {
		return err
	}
	row := m.table.get(mk)
	if row.place.location != onHost || row.place.index != l.Index {
		e, k, err := m.entry(mk)
		if err != nil || !owns(l, k, e) {
			return unlessForeign(err)
		}
		e.Made = madeOf(l)
		row = known{entry: e, place: place{location: onHost, ns: link.Host, index: l.Index, link: l}}
		m.table.set(row.entry, row.place)
		if l.Alias == "" {
			m.finishing.Go(func() { m.finishLeft(ctx, mk) })
		}
	}
	m.restoreName(ctx, row.entry, l)
	return nil
}

// identify reads whose a link is from its alias, or from its name while it has
// none: the kernel tells of a new link, but not of an alias given to one that is
// down. What this process makes it knows; only for a twin's the journal is asked.
func (m *Manager) identify(l link.Link) (mk mark, ok bool, err error) {
	if l.Alias != "" || l.Group != Group {
		mk, ok = parseAlias(l.Alias)
		return mk, ok, nil
	}
	if mk, ok = m.table.named(l.Name); ok || !strings.HasPrefix(l.Name, linkPrefix) {
		return mk, ok, nil
	}
	ids, err := m.journal.IDs()
	if err != nil {
		return mark{}, false, err
	}
	for _, id := range ids {
		if mk = mark(id); mk.linkName() == l.Name {
			return mk, true, nil
		}
	}
	return mark{}, false, nil
}

// gone follows a link to its pod, or learns that it was deleted, or what stood
// on it.
func (m *Manager) gone(ctx context.Context, g link.Gone) error {
	here := m.table.where(func(row known) bool { return row.place.location == onHost && row.place.index == g.Index })
	for _, row := range here {
		if g.To == link.Host {
			return m.ended(ctx, row)
		}
		m.table.set(row.entry, place{location: inPod, ns: g.To, index: g.NewIn, link: row.place.link})
		logging.From(ctx).Log(ctx, logging.Call, "link left for a pod",
			"claim", row.entry.Claim, "key", row.entry.Key, "namespace", g.To)
	}
	switch {
	case g.To == link.Host:
		return m.parentGone(ctx, g.Index)
	case len(here) == 0:
		return m.unknownGone(ctx)
	}
	return nil
}

// parentGone ends what stood on a link that was deleted, or was the other end of
// it. The kernel tells of that in the pod alone, where nobody of ours listens.
func (m *Manager) parentGone(ctx context.Context, index int) error {
	var errs []error
	above := m.table.where(func(row known) bool { return row.place.location == inPod && row.place.link.Parent == index })
	for _, row := range above {
		_, err := m.links.ByIndex(ctx, row.place.ns, row.place.index)
		if errors.Is(err, link.ErrNotFound) {
			err = m.ended(ctx, row)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// namespaceGone ends what was in a namespace, unless its number is another's by
// now and the link is there all the same.
func (m *Manager) namespaceGone(ctx context.Context, ns link.Namespace) error {
	var errs []error
	in := m.table.where(func(row known) bool { return row.place.location == inPod && row.place.ns == ns })
	for _, row := range in {
		if row.entry.Was != nil {
			m.returns.expect(ctx, m, markOf(row.entry))
			continue
		}
		l, err := m.links.ByIndex(ctx, ns, row.place.index)
		if err == nil && l.Alias == markOf(row.entry).alias() {
			continue
		}
		if err == nil || errors.Is(err, link.ErrNotFound) {
			err = m.ended(ctx, row)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// ended learns that a link is no more: taken back, if its entry says so, else
// lost.
func (m *Manager) ended(ctx context.Context, row known) error {
	mk := markOf(row.entry)
	e, _, err := m.entry(mk)
	if errors.Is(err, journal.ErrNotFound) || err == nil && e.Leaving {
		m.table.drop(mk)
		return nil
	}
	if err != nil {
		return err
	}
	m.table.set(row.entry, place{})
	logging.From(ctx).Log(ctx, logging.Call, "link lost", "claim", mk.Claim, "key", mk.Key)
	return nil
}

// restoreName gives a link on the host its own name back. When it cannot be
// done the next event or reading tries again.
func (m *Manager) restoreName(ctx context.Context, e journal.Entry, l link.Link) {
	if l.Name == e.Name {
		return
	}
	log := logging.From(ctx).With("claim", e.Claim, "key", e.Key, "from", l.Name, "to", e.Name)
	if err := m.links.Rename(ctx, l.Index, e.Name); err != nil {
		log.Warn("link on the host keeps a name that is not its own", "cause", err)
		return
	}
	log.Info("link on the host given its own name back")
}

func (m *Manager) entry(mk mark) (journal.Entry, kind, error) {
	e, err := m.journal.Get(mk.Claim, mk.Key)
	if err != nil {
		return journal.Entry{}, nil, err
	}
	k, err := kindOf(e.Request)
	return e, k, err
}

// unlessForeign passes over links whose mark stands for nothing of ours: no
// entry, or one of a kind that this build does not have.
func unlessForeign(err error) error {
	if _, ok := errors.AsType[*UnsupportedError](err); ok || errors.Is(err, journal.ErrNotFound) {
		return nil
	}
	return err
}
