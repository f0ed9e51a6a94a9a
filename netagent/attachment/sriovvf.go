package attachment

import (
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/inventory"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/policy"
	"github.com/hawser-dra/hawser/netagent/sriov"
)

type sriovVf struct{ req *netagentv1.SriovVf }

func (sriovVf) name() string { return "sriov_vf" }

func (k sriovVf) find(n inventory.Node) (link.Link, *policy.Device) {
	l, ok := n.ByPCI(k.req.GetPciAddress())
	if !ok {
		return link.Link{}, nil
	}
	d := n.Device(l)
	return l, &d
}

func (k sriovVf) isFor(w *journal.Was) bool {
	return w.Device == link.Device{Bus: "pci", Name: k.req.GetPciAddress()}
}

func (k sriovVf) target(w *journal.Was) state {
	s := stateOf(w)
	s.lend(k.req.Mtu, k.req.GetMacAddress())
	if s.card != nil {
		card := sriov.Target(*s.card, k.req)
		s.card = &card
	}
	return s
}
