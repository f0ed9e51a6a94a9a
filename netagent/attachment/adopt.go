package attachment

import (
	"context"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
)

// adopt takes the link that a twin has made, or that a call left unfinished. It
// returns neither answer nor error when nothing is in the way any more.
//
// A pair's host end without the pod's is what is left of a pod that has just
// ended. It is looked up first and deleted by its index, so that it cannot be
// the one that a twin makes meanwhile.
func (c call) adopt(ctx context.Context, k created, e journal.Entry) (*netagentv1.Attachment, error) {
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
func (c call) checkNames(ctx context.Context, k created, isPair bool) error {
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
