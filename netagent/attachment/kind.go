package attachment

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/link"
)

// kind is one kind of link that is made for claims: an arm of DeviceRequest.
type kind interface {
	// name is the kernel's word for the kind.
	name() string
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

// kindOf is the table of what this build can make.
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
