package policy

import (
	"fmt"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// maxDatagramMTU is what the largest InfiniBand packet, 4096 bytes, has room for
// beside IPoIB's header of 4.
const maxDatagramMTU = 4092

func (r Rules) ipoib(i *netagentv1.Ipoib, f Facts) error {
	if err := r.checkUpper("ipoib.parent", i.GetParent(), f.Parent); err != nil {
		return err
	}
	if f.Parent.Kind != "ipoib" {
		return refuse(Forbidden, "ipoib.parent", i.GetParent(), "the link is not an InfiniBand interface, such as ib0")
	}
	if f.Parent.Child {
		return refuse(Forbidden, "ipoib.parent", i.GetParent(), "the link is a child of another InfiniBand interface; name that instead")
	}
	if i.GetMode() == netagentv1.IpoibMode_IPOIB_MODE_DATAGRAM && i.GetMtu() > maxDatagramMTU {
		return refuse(Malformed, "ipoib.mtu", i.GetMtu(),
			fmt.Sprintf("must be at most %d in mode DATAGRAM; CONNECTED has more", maxDatagramMTU))
	}
	return checkMTU("ipoib.mtu", i.GetMtu(), 0)
}
