package attachment

import (
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/inventory"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/policy"
)

type hostDevice struct{ req *netagentv1.HostDevice }

func (hostDevice) name() string { return "host_device" }

func (k hostDevice) find(n inventory.Node) (link.Link, *policy.Device) {
	l, ok := n.ByName(k.req.GetName())
	if !ok {
		return link.Link{}, nil
	}
	d := n.Device(l)
	return l, &d
}

func (k hostDevice) isFor(w *journal.Was) bool { return w.Name == k.req.GetName() }

func (k hostDevice) target(w *journal.Was) state {
	s := stateOf(w)
	s.lend(k.req.Mtu, k.req.GetMacAddress())
	return s
}
