package attachment

import (
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/link"
)

type ipoib struct{ req *netagentv1.Ipoib }

func (ipoib) name() string { return link.Ipoib{}.Name() }

func (k ipoib) spec(m mark, parent int) (link.Kind, link.Settings) {
	return link.Ipoib{Parent: parent, PKey: uint16(k.req.GetPkey()), Mode: k.mode()}, link.Settings{
		Name:  m.linkName(),
		Group: Group,
		MTU:   k.req.GetMtu(),
	}
}

func (k ipoib) mode() link.IpoibMode {
	if k.req.GetMode() == netagentv1.IpoibMode_IPOIB_MODE_CONNECTED {
		return link.IpoibConnected
	}
	return link.IpoibDatagram
}

func (ipoib) setsMTULate() {}

func (ipoib) comesHome() {}
