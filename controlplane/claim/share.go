package claim

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/hawser-dra/hawser/api/layer3"
)

// hold is something of the pod's network that an interface's settings have.
type hold struct {
	// key has a space, which no interface name has: a usage keeps both.
	key string
	// as is what must be the same for two to share it; what is not shared has none.
	as string
	// field is where the settings say so.
	field string
}

// holds lists what cannot be different for two interfaces of one pod.
func holds(s *layer3.Settings) (list []hold) {
	for i, r := range s.Routes {
		if spec, err := r.Parse(); err == nil {
			list = append(list, hold{key: "route to " + s.RouteKey(spec).String(), field: fmt.Sprintf("routes[%d]", i)})
		}
	}
	for i, r := range s.Rules {
		if spec, err := r.Parse(); err == nil {
			list = append(list, hold{key: spec.String(), field: fmt.Sprintf("rules[%d]", i)})
		}
	}
	if v := s.VRF; v != nil && v.Table != nil {
		table, name := fmt.Sprintf("table %d", *v.Table), "VRF "+v.Name
		list = append(list, hold{key: name, as: table, field: "vrf"}, hold{key: table + " of a VRF", as: name, field: "vrf"})
	}
	return list
}

// addSettings adds what settings have.
func (u usage) addSettings(s *layer3.Settings, o owner) {
	for _, h := range holds(s) {
		o.as = h.as
		u[h.key] = o
	}
}

// addAllSettings adds what the settings of a claim's devices have.
func (u usage) addAllSettings(c *Claim) {
	for i := range c.Devices {
		if n, _ := c.Devices[i].netdev(); n != nil {
			u.addSettings(&n.Settings, c.Devices[i].owner(c))
		}
	}
}

// takeSettings takes what the settings of c's devices have, unless u or others have
// it, and not in the same way.
func (u usage) takeSettings(c *Claim, others usage) error {
	var errs []error
	for i := range c.Devices {
		d := &c.Devices[i]
		n, path := d.netdev()
		if n == nil {
			continue
		}
		for _, h := range holds(&n.Settings) {
			if has, taken := find(h.key, u, others); taken && (h.as == "" || h.as != has.as) && has.device() != d.owner(c).device() {
				errs = append(errs, d.wrap(field.Invalid(field.NewPath(path, h.field), h.String(), has.seenFrom(c.UID)+" has "+has.of(h)+" already: choose another")))
			}
		}
		u.addSettings(&n.Settings, d.owner(c))
	}
	return errors.Join(errs...)
}

// String tells it to people.
func (h hold) String() string {
	if h.as == "" {
		return h.key
	}
	return h.key + " with " + h.as
}

// of says how the owner has what h is.
func (o owner) of(h hold) string {
	h.as = o.as
	return h.String()
}

// device is who the owner is, whatever it has.
func (o owner) device() [2]string { return [2]string{o.uid, o.key} }
