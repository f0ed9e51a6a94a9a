package policy

import (
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// RDMA is what the kernel says of the RDMA device that a request names.
type RDMA struct {
	Exclusive bool // it belongs to one network namespace, as all of the node's do
}

func (r Rules) uverbs(u *netagentv1.Uverbs, f Facts) error {
	switch {
	case !r.AllowsRDMA(u.GetIbdev()):
		return refuse(Forbidden, "uverbs.ibdev", u.GetIbdev(), "not among the RDMA devices that --allow-rdma allows")
	case f.RDMA == nil:
		return refuse(NotReady, "uverbs.ibdev", u.GetIbdev(), "the node has no RDMA device of this name")
	case f.RDMA.Exclusive:
		return refuse(NotReady, "uverbs.ibdev", u.GetIbdev(),
			"the node's RDMA devices belong to one network namespace each (netns exclusive), from which this version cannot take them to a pod's; the mode must be shared (rdma system set netns shared)")
	}
	return nil
}

// AllowsRDMA says whether claims may have an RDMA device.
func (r Rules) AllowsRDMA(name string) bool { return matches(r.RDMA, name) }
