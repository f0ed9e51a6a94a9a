// Package claim turns an allocated ResourceClaim into what this driver has to
// do for it: strict, typed, complete.
//
// It refuses what does not fit: parameters that are wrong, kinds that the
// allocated device cannot be, more devices than a claim may have, interface
// names that meet in one pod. Its errors name the request, the field, the value
// and what would be right; all wrong devices of a claim are reported at once.
//
// [Decode] is pure. The caller gives the claim its interface names with
// [Names] before it acts, and holds the claim's lock (internal/claimlock) while it
// does.
package claim

import (
	"fmt"
	"slices"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
)

// Claim is what one ResourceClaim wants of this driver.
type Claim struct {
	UID       string
	Namespace string
	Name      string
	// Pods holds the UIDs of the pods that the claim is reserved for.
	Pods    []string
	Devices []Device
}

// Device is one allocation result.
type Device struct {
	// Key tells the claim's devices apart: d0, d1, … among the results of this
	// driver.
	Key string
	// Request includes the subrequest, if there is one.
	Request string
	Pool    string
	Device  string
	// ShareID is empty for a device that is allocated as a whole.
	ShareID string
	// Node is the device as netagent tells of it; nil for the virtual device.
	Node   *netagentv1.NodeDevice
	Config *v1alpha1.DeviceConfig
}

// Matches says whether r was prepared for the same allocation. The
// configuration is not compared: it is part of the allocation and does not
// change without it.
func (c *Claim) Matches(r *record.Record) bool {
	if r.Claim.UID != c.UID || len(r.Devices) != len(c.Devices) {
		return false
	}
	for i := range c.Devices {
		if !c.Devices[i].matches(&r.Devices[i]) {
			return false
		}
	}
	return true
}

func (d *Device) matches(r *record.Device) bool {
	return r.Key == d.Key && r.Request == d.Request &&
		r.Pool == d.Pool && r.Device == d.Device && r.ShareID == d.ShareID
}

// checkParts refuses more devices than netagent attaches at once: a combination
// counts as often as it has parts.
func (c *Claim) checkParts() error {
	n := 0
	for _, d := range c.Devices {
		n++
		if d.Config.Type == v1alpha1.TypeCombo {
			n++
		}
	}
	if n > MaxDevices {
		return fmt.Errorf("the claim has devices of %d parts, at most %d are allowed and a combo has two: spread them over several claims", n, MaxDevices)
	}
	return nil
}

func (c *Claim) sameAllocation(o *Claim) bool {
	return slices.EqualFunc(c.Devices, o.Devices, func(a, b Device) bool {
		a.Config, b.Config, a.Node, b.Node = nil, nil, nil, nil
		return a == b
	})
}

// netdev returns the part of the configuration that makes an interface, and
// where that part is; nil when the device has none.
func (d *Device) netdev() (n *v1alpha1.Netdev, path string) {
	switch d.Config.Type {
	case v1alpha1.TypeNetdev:
		return d.Config.Netdev, "netdev"
	case v1alpha1.TypeCombo:
		return d.Config.Combo.Netdev, "combo.netdev"
	}
	return nil, ""
}

// interfaceName is empty for a device that makes no interface, or one that is
// not named yet.
func (d *Device) interfaceName() string {
	if n, _ := d.netdev(); n != nil {
		return n.InterfaceName
	}
	return ""
}
