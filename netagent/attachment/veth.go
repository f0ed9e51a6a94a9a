package attachment

import (
	"context"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/link"
)

type veth struct{ req *netagentv1.Veth }

func (veth) name() string { return link.Veth{}.Name() }

func (veth) hasHostEnd() {}

func (k veth) spec(m mark, bridge int) (link.Kind, link.Settings) {
	return link.Veth{HostEnd: m.hostEndName(), Bridge: bridge}, link.Settings{
		Name:  m.linkName(),
		Group: Group,
		MTU:   k.req.GetMtu(),
		MAC:   k.req.GetMacAddress(),
	}
}

// hostEnd returns the host end of a pair, or [link.ErrNotFound].
func (m *Manager) hostEnd(ctx context.Context, mk mark, kind string) (link.Link, error) {
	l, err := m.links.ByName(ctx, mk.hostEndName())
	if err != nil {
		return link.Link{}, err
	}
	if l.Name != mk.hostEndName() || !isOurs(l, kind, mk.hostEndName(), mk.hostEndAlias()) {
		return link.Link{}, link.ErrNotFound
	}
	return l, nil
}

// finishHostEnd sets the host end up, without the link-local address that the
// node would answer for, and marks it.
func (m *Manager) finishHostEnd(ctx context.Context, mk mark, kind string) error {
	l, err := m.hostEnd(ctx, mk, kind)
	if err != nil {
		return err
	}
	if err := m.links.NoLinkLocal(ctx, l.Index); err != nil {
		return err
	}
	if err := m.links.SetUp(ctx, l.Index); err != nil {
		return err
	}
	return m.links.SetAlias(ctx, l.Index, mk.hostEndAlias())
}

// deleteHostEnd deletes the pair, wherever the pod's end is, and says whether it
// was there.
func (m *Manager) deleteHostEnd(ctx context.Context, mk mark, kind string) (bool, error) {
	l, err := m.hostEnd(ctx, mk, kind)
	if err == nil {
		err = m.links.Delete(ctx, link.Host, l.Index)
	}
	return err == nil, unlessGone(err)
}
