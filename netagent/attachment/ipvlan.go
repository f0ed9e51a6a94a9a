package attachment

import (
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/link"
)

type ipvlan struct{ req *netagentv1.Ipvlan }

func (ipvlan) name() string { return link.Ipvlan{}.Name() }

func (k ipvlan) spec(m mark, parent int) (link.Kind, link.Settings) {
	return link.Ipvlan{Parent: parent, Mode: k.mode(), Flag: k.flag()}, link.Settings{
		Name:  m.linkName(),
		Group: Group,
		MTU:   k.req.GetMtu(),
	}
}

func (k ipvlan) mode() link.IpvlanMode {
	switch k.req.GetMode() {
	case netagentv1.IpvlanMode_IPVLAN_MODE_L3:
		return link.IpvlanL3
	case netagentv1.IpvlanMode_IPVLAN_MODE_L3S:
		return link.IpvlanL3S
	}
	return link.IpvlanL2
}

func (k ipvlan) flag() link.IpvlanFlag {
	switch k.req.GetFlag() {
	case netagentv1.IpvlanFlag_IPVLAN_FLAG_BRIDGE:
		return link.IpvlanBridge
	case netagentv1.IpvlanFlag_IPVLAN_FLAG_VEPA:
		return link.IpvlanVEPA
	}
	return link.IpvlanPrivate
}
