package attachment

import (
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/link"
)

type macvlan struct{ req *netagentv1.Macvlan }

func (macvlan) name() string { return link.Macvlan{}.Name() }

func (k macvlan) spec(m mark, parent int) (link.Kind, link.Settings) {
	return link.Macvlan{Parent: parent, Mode: k.mode()}, link.Settings{
		Name:  m.linkName(),
		Group: Group,
		MTU:   k.req.GetMtu(),
		MAC:   k.req.GetMacAddress(),
	}
}

func (k macvlan) mode() link.MacvlanMode {
	switch k.req.GetMode() {
	case netagentv1.MacvlanMode_MACVLAN_MODE_BRIDGE:
		return link.MacvlanBridge
	case netagentv1.MacvlanMode_MACVLAN_MODE_VEPA:
		return link.MacvlanVEPA
	case netagentv1.MacvlanMode_MACVLAN_MODE_PASSTHRU:
		return link.MacvlanPassthru
	}
	return link.MacvlanPrivate
}
