package attachment

import (
	"context"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/netagent/inventory"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/policy"
	"github.com/hawser-dra/hawser/netagent/sysfs"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// borrow lends what the journal does not know of. When a setting is refused the
// undo gives the device back as it was.
func (c call) borrow(ctx context.Context, k borrowed) (*netagentv1.Attachment, undo, error) {
	e, l, err := c.admitLoan(ctx, k)
	if err != nil {
		return nil, nil, err
	}
	back := func(ctx context.Context) error { return c.takeBack(ctx, e) }
	a, err := c.lend(ctx, k, e, l)
	return a, back, err
}

// borrowAgain answers for what the journal knows: as it is, finished when a call
// was cut short, or lent again when it has come home. What never was ready is
// given back when it cannot be now either.
func (c call) borrowAgain(ctx context.Context, k borrowed, e journal.Entry) (*netagentv1.Attachment, undo, error) {
	before := c.table.get(c.mark)
	at, err := c.await(ctx, k, e, releaseTime, func(at place) bool { return at.location != lost })
	if err != nil {
		return nil, nil, err
	}
	switch at.location {
	case inPod:
		return c.answerInPod(e, before, at), nil, nil
	case lost:
		return nil, nil, &AwayError{Device: e.Was.Device, Where: "not on the node"}
	}
	var back undo
	if e.Made == nil {
		back = func(ctx context.Context) error { return c.takeBack(ctx, e) }
	}
	a, err := c.lend(ctx, k, e, at.link)
	return a, back, err
}

// admitLoan asks the policy and writes the journal: what the device is now, all
// of which is to be given back.
func (c call) admitLoan(ctx context.Context, k borrowed) (e journal.Entry, l link.Link, err error) {
	release, err := c.locks.Lock(ctx, admission)
	if err != nil {
		return e, l, err
	}
	defer release()
	ctx, span := tracing.Start(ctx, "policy", attribute.String("hawser.device.kind", armName(c.device)))
	defer func() { tracing.End(span, err) }()
	node, err := inventory.Read(ctx, c.links, c.sys, c.journal)
	if err != nil {
		return e, l, err
	}
	f, _, err := c.facts(ctx)
	if err != nil {
		return e, l, err
	}
	l, f.Device = k.find(node)
	if by := c.holder(node, k, l); by != "" {
		if f.Device == nil {
			f.Device = &policy.Device{}
		}
		f.Device.HeldBy = by
	}
	if err := c.rules.Check(c.caller, c.device, f); err != nil {
		return e, l, err
	}
	was, err := c.was(ctx, node, l)
	if err != nil {
		return e, l, err
	}
	e = journal.Entry{
		Claim: c.mark.Claim, Key: c.mark.Key, Request: c.device, Name: l.Name, Since: time.Now(), Was: was,
	}
	if err := c.journal.Add(ctx, e); err != nil {
		return e, l, err
	}
	fault.Point(fault.NetagentEntryAdded)
	return e, l, nil
}

// holder returns the claim that has the device, or what else of this claim has
// it.
func (c call) holder(n inventory.Node, k borrowed, l link.Link) string {
	for _, e := range n.Loans() {
		if markOf(e) != c.mark && (k.isFor(e.Was) || l.Device != (link.Device{}) && e.Was.Device == l.Device) {
			return e.Claim
		}
	}
	return ""
}

// was is all that has to be given back of a link. An alias that a lost journal
// has left behind is nobody's.
func (c call) was(ctx context.Context, n inventory.Node, l link.Link) (*journal.Was, error) {
	w := n.Was(l)
	if strings.HasPrefix(w.Alias, aliasPrefix) {
		w.Alias = ""
	}
	var err error
	if w.Ethtool, err = c.readDriver(ctx, l.Index); err != nil {
		return nil, err
	}
	if w.VF == nil {
		return w, nil
	}
	f, err := c.function(ctx, w)
	if err != nil {
		return nil, err
	}
	card, err := f.Read(ctx)
	if err != nil {
		return nil, err
	}
	w.VF.Keep(card)
	own := string(card.MAC) == string(w.MAC) && c.sys.AddressType(l.Name) != sysfs.AddressPermanent
	w.VF.Given = !own && !isZero(card.MAC)
	return w, nil
}

func isZero(mac []byte) bool { return strings.Trim(string(mac), "\x00") == "" }
