package attachment

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/inventory"
	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/policy"
)

// kind is one kind of device: an arm of DeviceRequest. It is created or
// borrowed.
type kind interface {
	// name is the kernel's word for the kind of link; of a borrowed one, ours.
	name() string
}

// created is a kind whose links are made for claims.
type created interface {
	kind
	// spec says how to make the link, on the link with index parent for kinds
	// that need one.
	spec(m mark, parent int) (link.Kind, link.Settings)
}

// paired is a kind whose links have another end, which stays on the host and
// goes when the pod's end does.
type paired interface {
	hasHostEnd()
}

// lateMTU is a kind whose links take no MTU while they are made.
type lateMTU interface {
	setsMTULate()
}

// borrowed is a kind whose links are there before the claim and are given back
// after it.
type borrowed interface {
	kind
	// find looks the device up, and says what the policy is to know of it; nil
	// when there is none.
	find(n inventory.Node) (link.Link, *policy.Device)
	// isFor says whether the request is for what was lent.
	isFor(w *journal.Was) bool
	// target is what the link is to be for the claim.
	target(w *journal.Was) state
}

var (
	_ = []created{macvlan{}, ipvlan{}, veth{}, dummy{}, ipoib{}}
	_ = []borrowed{sriovVf{}, hostDevice{}}
)

// kindOf is the table of what this build has of links.
func kindOf(d *netagentv1.DeviceRequest) (kind, error) {
	switch k := d.GetKind().(type) {
	case *netagentv1.DeviceRequest_Macvlan:
		return macvlan{k.Macvlan}, nil
	case *netagentv1.DeviceRequest_Ipvlan:
		return ipvlan{k.Ipvlan}, nil
	case *netagentv1.DeviceRequest_Veth:
		return veth{k.Veth}, nil
	case *netagentv1.DeviceRequest_Dummy:
		return dummy{k.Dummy}, nil
	case *netagentv1.DeviceRequest_Ipoib:
		return ipoib{k.Ipoib}, nil
	case *netagentv1.DeviceRequest_SriovVf:
		return sriovVf{k.SriovVf}, nil
	case *netagentv1.DeviceRequest_HostDevice:
		return hostDevice{k.HostDevice}, nil
	}
	return nil, &UnsupportedError{Kind: armName(d)}
}

// armName is the kind as people write it: sriov-vf, not sriov_vf.
func armName(d *netagentv1.DeviceRequest) string {
	m := d.ProtoReflect()
	arm := m.WhichOneof(m.Descriptor().Oneofs().ByName(protoreflect.Name("kind")))
	if arm == nil {
		return "unnamed"
	}
	return strings.ReplaceAll(string(arm.Name()), "_", "-")
}
