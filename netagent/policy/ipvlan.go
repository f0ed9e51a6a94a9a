package policy

import (
	"fmt"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// ipvlan refuses another mode or flag than the parent's ipvlan links have: the
// kernel would change it for all of them, in the pods of other claims.
func (r Rules) ipvlan(i *netagentv1.Ipvlan, f Facts) error {
	if err := r.checkUpper("ipvlan.parent", i.GetParent(), f.Parent); err != nil {
		return err
	}
	for _, other := range f.Ipvlans {
		if other.Mode != i.GetMode() {
			return refuse(Forbidden, "ipvlan.mode", i.GetMode(), shared(i, other.Mode))
		}
		if other.Flag != i.GetFlag() {
			return refuse(Forbidden, "ipvlan.flag", i.GetFlag(), shared(i, other.Flag))
		}
	}
	return checkMTU("ipvlan.mtu", i.GetMtu(), f.Parent.MTU)
}

func shared(i *netagentv1.Ipvlan, has fmt.Stringer) string {
	return fmt.Sprintf("all ipvlan links on %s share %s until the last of them is gone", i.GetParent(), has)
}
