package attachment

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
)

// makeTries is how often a link is made when what was in the way is gone: once
// more, and some for twins that do the same.
const makeTries = 5

// releaseTime is what the kernel is given to delete the links of a namespace
// that has ended: 15 ms as a rule, more when many end together.
const releaseTime = time.Second

// make creates the link of an entry and finishes it. A link that is there
// already is taken if it is the entry's.
func (c call) make(ctx context.Context, k created, e journal.Entry, parent int) (*netagentv1.Attachment, error) {
	wanted, settings := k.spec(c.mark, parent)
	var err error
	for range makeTries {
		err = c.links.Create(ctx, wanted, settings)
		if err == nil {
			fault.Point(fault.NetagentLinkCreated)
			l, err := c.links.ByName(ctx, settings.Name)
			if err != nil {
				return nil, err
			}
			return c.finish(ctx, k, e, l)
		}
		if !errors.Is(err, link.ErrExists) {
			return nil, err
		}
		if a, err := c.adopt(ctx, k, e); a != nil || err != nil {
			return a, err
		}
	}
	return nil, err
}

// makeNew makes what was not there before. The kernel has been seen to refuse an
// IPoIB child for a moment when another one on the parent was just deleted.
func (c call) makeNew(ctx context.Context, k created, e journal.Entry, parent int) (*netagentv1.Attachment, error) {
	if homes(k) {
		return c.makeWhenFree(ctx, k, e, parent, unix.EBUSY)
	}
	return c.make(ctx, k, e, parent)
}

// makeAgain makes what is lost. The kernel tells of a namespace's end some
// milliseconds before it deletes the links in it; until then what they hold, such
// as the parent of a passthru link, is refused to others.
func (c call) makeAgain(ctx context.Context, k created, e journal.Entry, parent int) (*netagentv1.Attachment, error) {
	if err := c.awaitReturn(ctx, k, e); err != nil {
		return nil, err
	}
	if homes(k) && e.Made != nil {
		return c.makeAnother(ctx, k, e, parent)
	}
	return c.makeWhenFree(ctx, k, e, parent, unix.EINVAL, unix.EBUSY)
}

// makeAnother makes a link that is known by what a pod cannot change, see owns,
// and so is not the one that the entry tells of: until it is made that says of
// none, and it says of the old one again when there is to be no new one.
func (c call) makeAnother(ctx context.Context, k created, e journal.Entry, parent int) (*netagentv1.Attachment, error) {
	old := e
	e.Made = nil
	if err := c.journal.Replace(ctx, e); err != nil {
		return nil, err
	}
	a, err := c.makeWhenFree(ctx, k, e, parent, unix.EINVAL, unix.EBUSY)
	if err != nil {
		return nil, errors.Join(err, undoAll(ctx, []undo{
			func(ctx context.Context) error { return c.journal.Replace(ctx, old) },
			func(ctx context.Context) error { return c.withdraw(ctx, k, e) },
		}))
	}
	return a, nil
}

// makeWhenFree makes a link, and tries again for a while when the kernel answers
// that something still holds what the link needs.
func (c call) makeWhenFree(ctx context.Context, k created, e journal.Entry, parent int, held ...unix.Errno) (*netagentv1.Attachment, error) {
	for end := time.Now().Add(releaseTime); ; {
		a, err := c.make(ctx, k, e, parent)
		isHeld := slices.ContainsFunc(held, func(errno unix.Errno) bool { return errors.Is(err, errno) })
		if !isHeld || time.Now().After(end) {
			return a, err
		}
		select {
		case <-time.After(releaseTime / 100):
		case <-ctx.Done():
			return nil, err
		}
	}
}
