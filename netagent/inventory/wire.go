package inventory

import (
	"context"
	"errors"

	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
)

// linkDown says whether a device has lost its wire. l is its link, if it is on
// the host. A card that is set down, in a pod too, has not; that its functions
// have no carrier then is the node's doing, and no less a fault for them.
func (n Node) linkDown(l link.Link, w *journal.Was) bool {
	if w.VF != nil {
		physical, ok := n.ByPCI(w.VF.Physical)
		return ok && !physical.Carrier
	}
	if l.Index == 0 {
		l = n.away[w.Device]
	}
	return l.Up() && !l.Carrier
}

// findAway finds the cards that are lent and not on the host.
func (n *Node) findAway(ctx context.Context, links *link.Conn) error {
	missing := map[link.Device]bool{}
	for _, e := range n.Loans() {
		if _, home := n.ByDevice(e.Was.Device); !home && e.Was.VF == nil {
			missing[e.Was.Device] = true
		}
	}
	n.away = map[link.Device]link.Link{}
	if len(missing) == 0 {
		return nil
	}
	namespaces, err := links.Namespaces(ctx)
	if err != nil {
		return err
	}
	for _, ns := range namespaces {
		list, err := links.List(ctx, ns)
		if errors.Is(err, link.ErrNotFound) {
			continue // it ended meanwhile
		}
		if err != nil {
			return err
		}
		for _, l := range list {
			if missing[l.Device] {
				n.away[l.Device] = l
			}
		}
	}
	return nil
}
