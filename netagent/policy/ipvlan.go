package policy

import (
	"fmt"
	"strings"

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
			return shared("ipvlan.mode", i, i.GetMode(), other.Mode)
		}
		if other.Flag != i.GetFlag() {
			return shared("ipvlan.flag", i, i.GetFlag(), other.Flag)
		}
	}
	return checkMTU("ipvlan.mtu", i.GetMtu(), f.Parent.MTU)
}

func shared(field string, i *netagentv1.Ipvlan, wants, has fmt.Stringer) error {
	return refuse(Forbidden, field, word(wants),
		fmt.Sprintf("all ipvlan links on %s have %s until the last of them is gone", i.GetParent(), word(has)))
}

// word is the last part of an enum value's name: L2 of IPVLAN_MODE_L2.
func word(value fmt.Stringer) string {
	s := value.String()
	return s[strings.LastIndex(s, "_")+1:]
}
