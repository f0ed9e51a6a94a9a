package attachment

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/internal/peer"
	"github.com/hawser-dra/hawser/netagent/journal"
)

// call is one device of one Attach.
type call struct {
	*Manager
	caller peer.Identity
	mark   mark
	device *netagentv1.DeviceRequest
}

// attach makes the device ready. With its undo, which is nil when nothing was
// changed, it may also return an error.
func (c call) attach(ctx context.Context) (*netagentv1.Attachment, undo, error) {
	if c.device.GetUverbs() != nil {
		return c.attachUverbs(ctx)
	}
	k, err := kindOf(c.device)
	if err != nil {
		return nil, nil, err
	}
	e, err := c.journal.Get(c.mark.Claim, c.mark.Key)
	if errors.Is(err, journal.ErrNotFound) {
		a, back, err := c.begin(ctx, k)
		if !errors.Is(err, journal.ErrExists) {
			return a, back, err
		}
		e, err = c.journal.Get(c.mark.Claim, c.mark.Key) // a twin was faster
		if err != nil {
			return nil, nil, err
		}
	} else if err != nil {
		return nil, nil, err
	}
	if !proto.Equal(e.Request, c.device) {
		return nil, nil, &ConflictError{Claim: c.mark.Claim, Key: c.mark.Key}
	}
	return c.resume(ctx, k, e)
}

// begin makes, or borrows, what the journal does not know.
func (c call) begin(ctx context.Context, k kind) (*netagentv1.Attachment, undo, error) {
	if b, ok := k.(borrowed); ok {
		return c.borrow(ctx, b)
	}
	e, parent, err := c.admit(ctx)
	if err != nil {
		return nil, nil, err
	}
	back := func(ctx context.Context) error { return c.takeBack(ctx, e) }
	a, err := c.makeNew(ctx, k.(created), e, parent)
	return a, back, err
}

// resume answers for what the journal knows: as it is, finished when a call was
// cut short, or made again when it is lost.
func (c call) resume(ctx context.Context, k kind, e journal.Entry) (*netagentv1.Attachment, undo, error) {
	if e.Leaving {
		e.Leaving = false
		if err := c.journal.Replace(ctx, e); err != nil {
			return nil, nil, err
		}
		fault.Point(fault.NetagentLeavingWithdrawn)
	}
	if b, ok := k.(borrowed); ok {
		return c.borrowAgain(ctx, b, e)
	}
	return c.resumeMade(ctx, k.(created), e)
}

func (c call) resumeMade(ctx context.Context, k created, e journal.Entry) (*netagentv1.Attachment, undo, error) {
	before := c.table.get(c.mark)
	at, err := c.locate(ctx, k, e)
	if err != nil {
		return nil, nil, err
	}
	switch at.location {
	case inPod:
		return c.answerInPod(e, before, at), nil, nil
	case onHost:
		a, err := c.finish(ctx, k, e, at.link)
		return a, nil, err
	}
	parent, err := c.admitAgain(ctx)
	if err != nil {
		return nil, nil, err
	}
	back := func(ctx context.Context) error { return c.withdraw(ctx, k, e) }
	a, err := c.makeAgain(ctx, k, e, parent)
	return a, back, err
}

// answerInPod answers with the link as it was when it left: what it is now is
// the pod's.
func (c call) answerInPod(e journal.Entry, before known, at place) *netagentv1.Attachment {
	if e.Made == nil {
		e.Made = madeOf(at.link)
	}
	c.table.setIf(before, e, at)
	return message(e, at)
}
