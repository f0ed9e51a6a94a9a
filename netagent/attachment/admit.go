package attachment

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/policy"
	"github.com/hawser-dra/hawser/netagent/rdma"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// admission is the lock, which no claim has, that is held from the facts of a
// request to its journal entry, so that two requests are not allowed by the same
// room or the same parent. Who waits for it has the claim's own.
const admission = "admission"

// admit asks the policy and writes the journal. It returns the new entry and
// the index of the link that the request names, 0 if none.
func (c call) admit(ctx context.Context) (journal.Entry, int, error) {
	release, err := c.locks.Lock(ctx, admission)
	if err != nil {
		return journal.Entry{}, 0, err
	}
	defer release()
	parent, err := c.ask(ctx, 0)
	if err != nil {
		return journal.Entry{}, 0, err
	}
	e := journal.Entry{
		Claim: c.mark.Claim, Key: c.mark.Key, Request: c.device,
		Name: c.mark.linkName(), Since: time.Now(),
	}
	if err := c.journal.Add(ctx, e); err != nil {
		return journal.Entry{}, 0, err
	}
	fault.Point(fault.NetagentEntryAdded)
	c.table.expect(c.mark)
	return e, parent, nil
}

// admitAgain asks the policy once more for what is in the journal, before it is
// made again: the rules or the node may have changed.
func (c call) admitAgain(ctx context.Context) (parent int, err error) {
	release, err := c.locks.Lock(ctx, admission)
	if err != nil {
		return 0, err
	}
	defer release()
	return c.ask(ctx, 1) // itself
}

// ask asks the policy, which is told of all attachments but those that are not to
// count.
func (c call) ask(ctx context.Context, uncounted int) (parent int, err error) {
	ctx, span := tracing.Start(ctx, "policy", attribute.String("hawser.device.kind", armName(c.device)))
	defer func() { tracing.End(span, err) }()
	facts, parent, err := c.facts(ctx)
	if err != nil {
		return 0, err
	}
	facts.OnNode -= uncounted
	facts.OfTheClaim -= uncounted
	return parent, c.rules.Check(c.caller, c.device, facts)
}

func (c call) facts(ctx context.Context) (f policy.Facts, parent int, err error) {
	if f.OnNode, f.OfTheClaim, err = c.journal.Count(c.mark.Claim); err != nil {
		return f, 0, err
	}
	needs := policy.NeedsOf(c.device)
	if needs.RDMA != "" {
		f.RDMA, err = c.rdmaFacts(ctx, needs.RDMA)
		return f, 0, err
	}
	if needs.Link == "" {
		return f, 0, nil
	}
	l, err := c.links.ByName(ctx, needs.Link)
	if errors.Is(err, link.ErrNotFound) || err == nil && l.Name != needs.Link {
		return f, 0, nil // an altname is not the name that the operator allowed
	}
	if err != nil {
		return f, 0, err
	}
	f.Parent = &policy.Link{
		Kind:     l.Kind,
		MTU:      l.MTU,
		Loopback: l.Loopback(),
		Enslaved: l.Master != 0,
		Child:    l.Parent != 0 && l.Parent != l.Index,
		Hawser:   l.Group == Group || strings.HasPrefix(l.Alias, aliasPrefix),
	}
	if needs.Use {
		if f.Parent.InUse, err = c.inUse(ctx, l.Index); err != nil {
			return f, 0, err
		}
	}
	if needs.Ipvlans {
		f.Ipvlans, err = c.ipvlans(needs.Link)
	}
	return f, l.Index, err
}

// rdmaFacts tell of a device that is on the host, or that is lent.
func (c call) rdmaFacts(ctx context.Context, name string) (*policy.RDMA, error) {
	_, err := c.rdmaDevice(ctx, name)
	found := err == nil
	if err != nil && !errors.Is(err, rdma.ErrNotFound) {
		return nil, err
	}
	exclusive, err := c.rdma.Exclusive()
	if err != nil {
		return nil, err
	}
	entries, err := c.journal.All()
	if err != nil {
		return nil, err
	}
	f := policy.RDMA{Exclusive: exclusive}
	for _, e := range entries {
		if e.Request.GetUverbs().GetIbdev() != name {
			continue
		}
		found = found || e.RDMA != nil
		if markOf(e) != c.mark {
			f.HeldBy = e.Claim
		}
	}
	if !found {
		return nil, nil
	}
	return &f, nil
}

// inUse says whether the node's own traffic needs the link, or one that is
// stacked on it.
func (m *Manager) inUse(ctx context.Context, index int) (bool, error) {
	links, err := m.links.List(ctx, link.Host)
	if err != nil {
		return false, err
	}
	routed, err := m.links.Routed(ctx)
	if err != nil {
		return false, err
	}
	addressed, err := m.links.Addressed(ctx)
	if err != nil {
		return false, err
	}
	for i := range link.Above(links, index) {
		if routed[i] || addressed[i] {
			return true, nil
		}
	}
	return false, nil
}

// ipvlans returns what the other ipvlan attachments on a parent share.
func (c call) ipvlans(parent string) ([]policy.Ipvlan, error) {
	entries, err := c.journal.All()
	if err != nil {
		return nil, err
	}
	var list []policy.Ipvlan
	for _, e := range entries {
		i := e.Request.GetIpvlan()
		if markOf(e) != c.mark && sameParent(i, parent) {
			list = append(list, policy.Ipvlan{Mode: i.GetMode(), Flag: i.GetFlag()})
		}
	}
	return list, nil
}

func sameParent(i *netagentv1.Ipvlan, parent string) bool {
	return i != nil && i.GetParent() == parent
}
