package attachment

import (
	"bytes"
	"context"
	"fmt"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/fault"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
)

// finish gives a link its marks, reads it back and writes down what it is. It
// may be repeated. The alias is set last: it says that the link is ready.
func (c call) finish(ctx context.Context, k created, e journal.Entry, l link.Link) (*netagentv1.Attachment, error) {
	before := c.table.get(c.mark)
	if _, ok := k.(paired); ok {
		if err := c.finishHostEnd(ctx, c.mark, k.name()); err != nil {
			return nil, err
		}
		fault.Point(fault.NetagentHostEndFinished)
	}
	if err := c.setMTU(ctx, k, l); err != nil {
		return nil, err
	}
	// A runtime sets up what it is told to move, for a hostNetwork pod here: then the
	// host must not get an address and routes. In a pod's namespace the kernel begins
	// anew.
	if err := c.links.NoLinkLocal(ctx, l.Index); err != nil {
		return nil, err
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
		fault.Point(fault.NetagentAliasSet)
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
		if err := c.journal.Replace(ctx, e); err != nil {
			return nil, err
		}
		fault.Point(fault.NetagentMadeRecorded)
	}
	at := place{location: onHost, ns: link.Host, index: l.Index, link: l}
	c.table.setIf(before, e, at)
	return message(e, at), nil
}

// setMTU sets what could not be set as the link was made.
func (c call) setMTU(ctx context.Context, k created, l link.Link) error {
	_, want := k.spec(c.mark, 0)
	if _, late := k.(lateMTU); !late || want.MTU == 0 || want.MTU == l.MTU {
		return nil
	}
	return c.links.SetMTU(ctx, l.Index, want.MTU)
}

// verify compares the link with what was asked for.
func (c call) verify(k created, l link.Link) error {
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
