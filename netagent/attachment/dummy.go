package attachment

import (
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/link"
)

type dummy struct{ req *netagentv1.Dummy }

func (dummy) name() string { return link.Dummy{}.Name() }

func (k dummy) spec(m mark, _ int) (link.Kind, link.Settings) {
	return link.Dummy{}, link.Settings{
		Name:  m.linkName(),
		Group: Group,
		MTU:   k.req.GetMtu(),
		MAC:   k.req.GetMacAddress(),
	}
}
