package claim

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/hawser-dra/hawser/api/record"
)

// usage is what the interfaces of one pod have, and who has it: their names, and
// what their settings hold.
type usage map[string]owner

// owner is one device of one claim.
type owner struct {
	uid, claim   string
	key, request string
	// as is how it has a thing that can be shared.
	as string
}

func (d *Device) owner(c *Claim) owner {
	return owner{uid: c.UID, claim: c.Namespace + "/" + c.Name, key: d.Key, request: d.Request}
}

// seenFrom says who the owner is to somebody who reads about claim uid.
func (o owner) seenFrom(uid string) string {
	if o.uid == uid {
		return fmt.Sprintf("request %q of this claim", o.request)
	}
	return fmt.Sprintf("claim %s of the same pod", o.claim)
}

// addRecord adds what a prepared claim has.
func (u usage) addRecord(r *record.Record) {
	for i := range r.Devices {
		d := &r.Devices[i]
		if d.Link != nil {
			o := owner{uid: r.Claim.UID, claim: r.Claim.Namespace + "/" + r.Claim.Name, key: d.Key, request: d.Request}
			u[d.Link.Name] = o
			u.addSettings(&d.Link.Settings, o)
		}
	}
}

// addClaim adds what a claim has that is being prepared.
func (u usage) addClaim(c *Claim) {
	u.addAllSettings(c)
	for i := range c.Devices {
		if name := c.Devices[i].interfaceName(); name != "" {
			u[name] = c.Devices[i].owner(c)
		}
	}
}

// take gives a name to a device of c, whoever has it.
func (u usage) take(c *Claim, device int, name string) {
	d := &c.Devices[device]
	if n, _ := d.netdev(); n != nil && name != "" {
		n.InterfaceName = name
		u[name] = d.owner(c)
	}
}

// takeExplicit takes the names that c asks for, unless they are in u or others.
func (u usage) takeExplicit(c *Claim, others usage) error {
	var errs []error
	for i := range c.Devices {
		d := &c.Devices[i]
		name := d.interfaceName()
		if name == "" {
			continue
		}
		if has, taken := find(name, u, others); taken {
			_, path := d.netdev()
			errs = append(errs, d.wrap(field.Invalid(field.NewPath(path, "interfaceName"), name,
				has.seenFrom(c.UID)+" has it already: choose another")))
			continue
		}
		u.take(c, i, name)
	}
	return errors.Join(errs...)
}

// takeDefaults names the interfaces of c that have no name yet.
func (u usage) takeDefaults(c *Claim, others usage) {
	for i := range c.Devices {
		if n, _ := c.Devices[i].netdev(); n != nil && n.InterfaceName == "" {
			u.take(c, i, firstFree(u, others))
		}
	}
}

func firstFree(used ...usage) string {
	for i := 1; ; i++ {
		name := fmt.Sprintf("net%d", i)
		if _, taken := find(name, used...); !taken {
			return name
		}
	}
}

func find(name string, in ...usage) (owner, bool) {
	for _, u := range in {
		if o, ok := u[name]; ok {
			return o, true
		}
	}
	return owner{}, false
}
