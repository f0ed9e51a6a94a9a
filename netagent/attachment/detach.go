package attachment

import (
	"context"
	"errors"

	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// takeBack undoes an attachment, whatever is left of it, and forgets it. The
// entry is marked first, so that who sees the link go, a twin too, does not
// take it for lost.
func (m *Manager) takeBack(ctx context.Context, e journal.Entry) error {
	if e.Request.GetUverbs() != nil {
		return m.giveBackUverbs(ctx, e)
	}
	k, err := kindOf(e.Request)
	if err != nil {
		return err
	}
	now, err := m.journal.Get(e.Claim, e.Key)
	if err == nil {
		e = now
	}
	e.Leaving = true
	if err := m.journal.Replace(ctx, e); err != nil {
		return err
	}
	fault.Point(fault.NetagentLeavingRecorded)
	if b, ok := k.(borrowed); ok {
		err = m.giveBack(ctx, b, e)
	} else {
		err = m.unmake(ctx, k, e)
	}
	if err != nil {
		return err
	}
	fault.Point(fault.NetagentLinkDeleted)
	if err := m.journal.Remove(ctx, e.Claim, e.Key); err != nil {
		return err
	}
	fault.Point(fault.NetagentEntryRemoved)
	m.table.drop(markOf(e))
	return nil
}

// withdraw deletes what was made again, unless a pod has it by now.
func (m *Manager) withdraw(ctx context.Context, k kind, e journal.Entry) error {
	if now, err := m.journal.Get(e.Claim, e.Key); err == nil {
		e = now
	}
	at, err := m.locate(ctx, k, e)
	if err != nil || at.location == inPod {
		return err
	}
	return m.unmake(ctx, k, e)
}

// unmake deletes an attachment's links wherever they are.
func (m *Manager) unmake(ctx context.Context, k kind, e journal.Entry) error {
	mk := markOf(e)
	if _, ok := k.(paired); ok {
		deleted, err := m.deleteHostEnd(ctx, mk, k.name())
		if err != nil {
			return err
		}
		fault.Point(fault.NetagentHostEndDeleted)
		if deleted {
			return nil
		}
	}
	at, err := m.locate(ctx, k, e)
	if err != nil {
		return err
	}
	if at.location == lost {
		return m.awaitReturn(ctx, k, e)
	}
	if at.location == inPod && at.link.Alias != mk.alias() && !isSame(at.link, k, e) {
		logging.From(ctx).Warn("link left in its pod: the pod has changed its alias; it ends with the pod",
			"key", e.Key, "namespace", at.ns, "link", at.link.Name)
		return nil
	}
	err = m.links.Delete(ctx, at.ns, at.index)
	if at.location == inPod && errors.Is(err, link.ErrNotFound) {
		return m.awaitReturn(ctx, k, e)
	}
	return unlessGone(err)
}

// unlessGone takes what is gone for deleted.
func unlessGone(err error) error {
	if errors.Is(err, link.ErrNotFound) {
		return nil
	}
	return err
}
