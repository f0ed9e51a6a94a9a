package attachment

import (
	"bytes"
	"context"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/sriov"
)

// lend makes a borrowed link ready for its claim, reads it back and writes down
// what it is. It may be repeated, and repairs what a pod has changed. The alias
// is set last: it says that the link is ready.
func (c call) lend(ctx context.Context, k borrowed, e journal.Entry, l link.Link) (*netagentv1.Attachment, error) {
	before := c.table.get(c.mark)
	e, at, err := c.ready(ctx, k, e, l)
	if err != nil {
		return nil, err
	}
	c.table.setIf(before, e, at)
	return message(e, at), nil
}

// ready is what lend does, the table aside.
func (m *Manager) ready(ctx context.Context, k borrowed, e journal.Entry, l link.Link) (journal.Entry, place, error) {
	to := k.target(e.Was)
	if err := m.bring(ctx, e, l, to, firstError); err != nil {
		return e, place{}, err
	}
	fault.Point(fault.NetagentLinkCreated)
	if l.Alias != markOf(e).alias() {
		if err := m.links.SetAlias(ctx, l.Index, markOf(e).alias()); err != nil {
			return e, place{}, err
		}
		fault.Point(fault.NetagentAliasSet)
	}
	l, err := m.links.ByIndex(ctx, link.Host, l.Index)
	if err != nil {
		return e, place{}, err
	}
	if err := to.check(k.name(), l); err != nil {
		return e, place{}, err
	}
	if e.Made == nil || e.Made.Index != l.Index {
		e.Made = madeOf(l)
		if err := m.journal.Replace(ctx, e); err != nil {
			return e, place{}, err
		}
		fault.Point(fault.NetagentMadeRecorded)
	}
	return e, place{location: onHost, ns: link.Host, index: l.Index, link: l}, nil
}

// check compares the link with what it is to be: a driver may take a setting and
// not keep it.
func (s state) check(kind string, l link.Link) error {
	switch {
	case l.Name != s.name:
		return &ForeignError{Name: l.Name, Why: "its name is not " + s.name}
	case l.MTU != s.mtu:
		return &sriov.SettingError{Field: kind + ".mtu", Value: s.mtu, Err: sriov.ErrForgotten}
	case !bytes.Equal(l.MAC, s.mac):
		return &sriov.SettingError{Field: kind + ".mac_address", Value: s.mac, Err: sriov.ErrForgotten}
	}
	return nil
}
