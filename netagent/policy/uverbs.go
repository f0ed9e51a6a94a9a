package policy

import (
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// RDMA is what the kernel says of the RDMA device that a request names.
type RDMA struct {
	Exclusive bool   // it belongs to one network namespace, as all of the node's do
	HeldBy    string // another claim that has it
}

func (r Rules) uverbs(u *netagentv1.Uverbs, f Facts) error {
	switch {
	case !r.AllowsRDMA(u.GetIbdev()):
		return refuse(Forbidden, "uverbs.ibdev", u.GetIbdev(), "not among the RDMA devices that --allow-rdma allows")
	case f.RDMA == nil:
		return refuse(NotReady, "uverbs.ibdev", u.GetIbdev(), "the node has no RDMA device of this name")
	case f.RDMA.Exclusive && f.RDMA.HeldBy != "":
		return refuse(NotReady, "uverbs.ibdev", u.GetIbdev(), "claim "+f.RDMA.HeldBy+
			" has it, and the node's RDMA devices belong to one network namespace each (netns exclusive); it can be had when that claim has ended")
	}
	return nil
}

// AllowsRDMA says whether claims may have an RDMA device.
func (r Rules) AllowsRDMA(name string) bool { return matches(r.RDMA, name) }
