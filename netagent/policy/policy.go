// Package policy decides whether netagent does what a caller asks: a pure
// function of the caller, the request and what the kernel says of the link that
// the request names.
//
// It denies by default: a kind without a rule of its own and a parent link
// outside of the allow-list are refused. Whoever calls it owes facts that are
// fresh, all that [NeedsOf] asks for, and acts on the link of the facts by its
// index, not by a name.
package policy

import (
	"fmt"
	"path"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/peer"
)

// maxPerClaim bounds the attachments of one claim over all its calls, as the
// API bounds those of one call.
const maxPerClaim = 8

// Rules are what the operator allows.
type Rules struct {
	Caller         peer.Identity
	Parents        []string // patterns of link names, as of path.Match; none: no link
	RDMA           []string // patterns of RDMA devices' names; none: no device
	Devices        []string // patterns of links that may be lent, themselves or their virtual functions; none: no link
	MaxAttachments int      // on the node
}

// Facts are what the node says at the time of the request.
type Facts struct {
	Parent     *Link    // the link that the request names; nil: there is none
	Ipvlans    []Ipvlan // other attachments on it
	RDMA       *RDMA    // the RDMA device that the request names; nil: there is none
	Device     *Device  // the device that the request would borrow; nil: there is none
	OnNode     int      // attachments that the node has, without this one
	OfTheClaim int      // those of them that the claim has
}

// Link is what the kernel says of a link that a request names.
type Link struct {
	Kind     string
	MTU      uint32
	Loopback bool
	Enslaved bool // it is the port of a bridge, a bond or a VRF
	Child    bool // it stands on another link
	Hawser   bool // it is an attachment's link itself
	InUse    bool // it, or what is stacked on it, carries a default route or an address; see Needs.Use
}

// Ipvlan is what the ipvlan links on one parent share.
type Ipvlan struct {
	Mode netagentv1.IpvlanMode
	Flag netagentv1.IpvlanFlag
}

// Needs says which facts a request is decided by.
type Needs struct {
	Link    string // name of a link, or empty
	Use     bool   // whether the node uses that link
	Ipvlans bool   // what ipvlan attachments the link has
	RDMA    string // name of an RDMA device, or empty
	Device  bool   // the device that is to be borrowed
}

// NeedsOf returns the facts that Check must be given for a request.
func NeedsOf(d *netagentv1.DeviceRequest) Needs {
	switch k := d.GetKind().(type) {
	case *netagentv1.DeviceRequest_Macvlan:
		return Needs{Link: k.Macvlan.GetParent(), Use: isPassthru(k.Macvlan)}
	case *netagentv1.DeviceRequest_Ipvlan:
		return Needs{Link: k.Ipvlan.GetParent(), Ipvlans: true}
	case *netagentv1.DeviceRequest_Veth:
		return Needs{Link: k.Veth.GetBridge()}
	case *netagentv1.DeviceRequest_Ipoib:
		return Needs{Link: k.Ipoib.GetParent()}
	case *netagentv1.DeviceRequest_Uverbs:
		return Needs{RDMA: k.Uverbs.GetIbdev()}
	case *netagentv1.DeviceRequest_SriovVf, *netagentv1.DeviceRequest_HostDevice:
		return Needs{Device: true}
	}
	return Needs{}
}

// Check returns nil if the request is allowed, else a [*Refusal].
func (r Rules) Check(caller peer.Identity, d *netagentv1.DeviceRequest, f Facts) error {
	if caller != r.Caller {
		return refuse(Forbidden, "caller", caller, "only "+r.Caller.String()+" may ask")
	}
	if err := r.checkNumbers(f); err != nil {
		return err
	}
	switch k := d.GetKind().(type) {
	case *netagentv1.DeviceRequest_Macvlan:
		return r.macvlan(k.Macvlan, f)
	case *netagentv1.DeviceRequest_Ipvlan:
		return r.ipvlan(k.Ipvlan, f)
	case *netagentv1.DeviceRequest_Veth:
		return r.veth(k.Veth, f)
	case *netagentv1.DeviceRequest_Dummy:
		return dummy(k.Dummy)
	case *netagentv1.DeviceRequest_Ipoib:
		return r.ipoib(k.Ipoib, f)
	case *netagentv1.DeviceRequest_Uverbs:
		return r.uverbs(k.Uverbs, f)
	case *netagentv1.DeviceRequest_SriovVf:
		return r.sriovVf(k.SriovVf, f.Device)
	case *netagentv1.DeviceRequest_HostDevice:
		return r.hostDevice(k.HostDevice, f.Device)
	}
	return refuse(Forbidden, "kind", fmt.Sprintf("%T", d.GetKind()), "no rule allows it")
}

func (r Rules) checkNumbers(f Facts) error {
	if f.OfTheClaim >= maxPerClaim {
		return refuse(Exhausted, "devices", f.OfTheClaim, "the claim has as many attachments as one may have")
	}
	if f.OnNode >= r.MaxAttachments {
		return refuse(Exhausted, "devices", f.OnNode, "the node has as many attachments as --max-attachments allows")
	}
	return nil
}

func (r Rules) allowed(name string) bool { return matches(r.Parents, name) }

func matches(patterns []string, name string) bool {
	for _, pattern := range patterns {
		if ok, err := path.Match(pattern, name); ok && err == nil {
			return true
		}
	}
	return false
}
