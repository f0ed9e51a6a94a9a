package attachment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
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
func (c call) make(ctx context.Context, k kind, e journal.Entry, parent int) (*netagentv1.Attachment, error) {
	wanted, settings := k.spec(c.mark, parent)
	var err error
	for range makeTries {
		err = c.links.Create(ctx, wanted, settings)
		if err == nil {
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

// makeAgain makes what is lost. The kernel tells of a namespace's end some
// milliseconds before it deletes the links in it; until then what they hold, such
// as the parent of a passthru link, is refused to others.
func (c call) makeAgain(ctx context.Context, k kind, e journal.Entry, parent int) (*netagentv1.Attachment, error) {
	for end := time.Now().Add(releaseTime); ; {
		a, err := c.make(ctx, k, e, parent)
		held := errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EBUSY)
		if !held || time.Now().After(end) {
			return a, err
		}
		select {
		case <-time.After(releaseTime / 100):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// adopt takes the link that a twin has made, or that a call left unfinished. It
// returns neither answer nor error when nothing is in the way any more.
//
// A pair's host end without the pod's is what is left of a pod that has just
// ended. It is looked up first and deleted by its index, so that it cannot be
// the one that a twin makes meanwhile.
func (c call) adopt(ctx context.Context, k kind, e journal.Entry) (*netagentv1.Attachment, error) {
	before := c.table.get(c.mark)
	_, isPair := k.(paired)
	end, endErr := link.Link{}, link.ErrNotFound
	if isPair {
		end, endErr = c.hostEnd(ctx, c.mark, k.name())
	}
	at, err := c.locate(ctx, k, e)
	if err != nil {
		return nil, err
	}
	switch at.location {
	case onHost:
		return c.finish(ctx, k, e, at.link)
	case inPod:
		return c.answerInPod(e, before, at), nil
	}
	if endErr == nil {
		err := c.links.Delete(ctx, link.Host, end.Index)
		return nil, unlessGone(err)
	}
	return nil, c.checkNames(ctx, k, isPair)
}

// checkNames returns a [ForeignError] if a link that is not ours has a name that
// the attachment needs.
func (c call) checkNames(ctx context.Context, k kind, isPair bool) error {
	aliases := map[string]string{c.mark.linkName(): c.mark.alias()}
	if isPair {
		aliases[c.mark.hostEndName()] = c.mark.hostEndAlias()
	}
	for name, alias := range aliases {
		l, err := c.links.ByName(ctx, name)
		if err == nil && !isOurs(l, k.name(), name, alias) {
			return &ForeignError{Name: name, Why: "another kind, group or alias"}
		}
		if err := unlessGone(err); err != nil {
			return err
		}
	}
	return nil
}

// finish gives a link its marks, reads it back and writes down what it is. It
// may be repeated. The alias is set last: it says that the link is ready.
func (c call) finish(ctx context.Context, k kind, e journal.Entry, l link.Link) (*netagentv1.Attachment, error) {
	before := c.table.get(c.mark)
	if _, ok := k.(paired); ok {
		if err := c.finishHostEnd(ctx, c.mark, k.name()); err != nil {
			return nil, err
		}
	}
	if l.Name != e.Name {
		if err := c.links.Rename(ctx, l.Index, e.Name); err != nil {
			return nil, err
		}
	}
	if l.Alias != c.mark.alias() {
		if err := c.links.SetAlias(ctx, l.Index, c.mark.alias()); err != nil {
			return nil, err
		}
	}
	l, err := c.links.ByIndex(ctx, link.Host, l.Index)
	if err != nil {
		return nil, err
	}
	if err := c.verify(k, l); err != nil {
		return nil, err
	}
	if e.Made == nil || e.Made.Index != l.Index {
		e.Made = madeOf(l)
		if err := c.journal.Replace(e); err != nil {
			return nil, err
		}
	}
	at := place{location: onHost, ns: link.Host, index: l.Index, link: l}
	c.table.setIf(before, e, at)
	return message(e, at), nil
}

// verify compares the link with what was asked for.
func (c call) verify(k kind, l link.Link) error {
	_, want := k.spec(c.mark, 0)
	switch {
	case l.Kind != k.name():
		return &ForeignError{Name: l.Name, Why: "its kind is " + l.Kind}
	case l.Name != want.Name || l.Alias != c.mark.alias() || l.Group != want.Group:
		return &ForeignError{Name: l.Name, Why: "its name, alias or group was changed"}
	case want.MTU != 0 && l.MTU != want.MTU:
		return &ForeignError{Name: l.Name, Why: fmt.Sprintf("its MTU is %d, not %d", l.MTU, want.MTU)}
	case len(want.MAC) != 0 && !bytes.Equal(l.MAC, want.MAC):
		return &ForeignError{Name: l.Name, Why: fmt.Sprintf("its MAC is %s, not %s", l.MAC, want.MAC)}
	}
	return nil
}

func madeOf(l link.Link) *journal.Made {
	return &journal.Made{Index: l.Index, MAC: l.MAC, MTU: l.MTU}
}
