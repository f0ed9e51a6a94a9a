package claim

import (
	"errors"
	"slices"
	"sync"

	"github.com/hawser-dra/hawser/api/record"
)

// Names gives interfaces their names in the pod, so that no two of a pod meet:
// names that claims ask for first, then net1, net2, … for those that leave it
// open. It refuses settings that meet those of the pod's other claims. A claim that is prepared already keeps the names of its record. The
// zero value is ready.
type Names struct {
	mu sync.Mutex
	// pending are claims that are being prepared: their names are given, but
	// in no record yet.
	pending map[string]*pending
}

type pending struct {
	claim *Claim
	calls int
}

// Prepared finds the records of claims. Get returns nil, nil when there is none.
type Prepared interface {
	Get(claimUID string) (*record.Record, error)
	OfPod(podUID string) []*record.Record
}

// Assign names the interfaces of the claims of one call, which belong to one
// pod, and keeps the names from other calls until release. Claims that get no
// name are in errs, by UID.
func (n *Names) Assign(claims []*Claim, prepared Prepared) (errs map[string]error, release func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	errs = map[string]error{}
	call := usage{}
	var named, fresh []*Claim
	for _, c := range claims {
		known, err := n.assignKnown(c, call, prepared)
		switch {
		case err != nil:
			errs[c.UID] = err
		case known:
			named = append(named, c)
		default:
			fresh = append(fresh, c)
		}
	}
	others := map[string]usage{}
	for _, c := range fresh {
		others[c.UID] = n.others(c, claims, prepared)
		if err := errors.Join(call.takeExplicit(c, others[c.UID]), call.takeSettings(c, others[c.UID])); err != nil {
			errs[c.UID] = err
		}
	}
	for _, c := range fresh {
		if errs[c.UID] == nil {
			call.takeDefaults(c, others[c.UID])
			named = append(named, c)
		}
	}
	return errs, n.reserve(named)
}

// assignKnown gives a claim the names that it has already, if it has.
func (n *Names) assignKnown(c *Claim, call usage, prepared Prepared) (known bool, err error) {
	if p := n.pending[c.UID]; p != nil && c.sameAllocation(p.claim) {
		for i := range c.Devices {
			call.take(c, i, p.claim.Devices[i].interfaceName())
		}
		call.addAllSettings(c)
		return true, nil
	}
	r, err := prepared.Get(c.UID)
	if err != nil || r == nil || !c.Matches(r) {
		return false, err
	}
	for i := range c.Devices {
		if l := r.Devices[i].Link; l != nil {
			call.take(c, i, l.Name)
		}
	}
	call.addAllSettings(c)
	return true, nil
}

// others returns the names that the pods of c have from claims outside the call.
func (n *Names) others(c *Claim, call []*Claim, prepared Prepared) usage {
	u := usage{}
	outside := func(uid string) bool {
		return !slices.ContainsFunc(call, func(c *Claim) bool { return c.UID == uid })
	}
	for _, pod := range c.Pods {
		for _, r := range prepared.OfPod(pod) {
			if outside(r.Claim.UID) {
				u.addRecord(r)
			}
		}
		for uid, p := range n.pending {
			if outside(uid) && slices.Contains(p.claim.Pods, pod) {
				u.addClaim(p.claim)
			}
		}
	}
	return u
}

// reserve keeps the names of claims until all calls that have them are done.
func (n *Names) reserve(claims []*Claim) (release func()) {
	if n.pending == nil {
		n.pending = map[string]*pending{}
	}
	for _, c := range claims {
		if n.pending[c.UID] == nil {
			n.pending[c.UID] = &pending{}
		}
		n.pending[c.UID].claim = c
		n.pending[c.UID].calls++
	}
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, c := range claims {
			if n.pending[c.UID].calls--; n.pending[c.UID].calls == 0 {
				delete(n.pending, c.UID)
			}
		}
	}
}
