package v1alpha1

import (
	"fmt"
	"net"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/hawser-dra/hawser/internal/ifname"
)

// Bounds of an interface's settings.
const (
	// MinMTU is the least that IPv4 allows (RFC 791); a device may want more.
	MinMTU = 68
	// MaxMTU is what the length field of an IP packet can say.
	MaxMTU = 65535
)

// Of InfiniBand.
const (
	// FullMembership is the bit of a partition key that every IPoIB link has.
	FullMembership = 0x8000
	maxPKey        = 0xffff
)

// ipoibMTU is what the modes of an ipoib have at most: the largest InfiniBand
// packet less a header of 4 bytes, and the kernel's IPOIB_CM_MTU.
var ipoibMTU = map[string]uint32{"datagram": 4092, "connected": 65520}

// noMAC says why a kind can have no address of the claim's choice.
var noMAC = map[Kind]string{
	KindIpvlan: "an ipvlan shares the address of its parent",
	KindIpoib:  "the address of an ipoib is that of its queue pair and port",
}

// comboNetdev is the path of a combo's interface.
const comboNetdev = "combo.netdev"

// fields says which settings a kind has; nil is none of that setting.
var fields = map[Kind]struct {
	modes, flags []string
	parent       parentRule
	mac          bool
}{
	KindMacvlan:    {modes: []string{"bridge", "vepa", "private", "passthru"}, parent: parentRequired, mac: true},
	KindIpvlan:     {modes: []string{"l2", "l3", "l3s"}, flags: []string{"bridge", "private", "vepa"}, parent: parentRequired},
	KindVeth:       {parent: parentOptional, mac: true},
	KindDummy:      {mac: true},
	KindIpoib:      {modes: []string{"datagram", "connected"}, parent: parentRequired},
	KindSriovVf:    {mac: true},
	KindHostDevice: {mac: true},
}

type parentRule int

const (
	parentForbidden parentRule = iota
	parentOptional
	parentRequired
)

func validateNetdev(n *Netdev, path *field.Path) field.ErrorList {
	if n == nil {
		return field.ErrorList{field.Required(path, `must be set, for example {"kind": "dummy"}`)}
	}
	if errs := validateKind(n.Kind, TypeNetdev, path); errs != nil {
		return errs
	}
	var errs field.ErrorList
	errs = append(errs, validateInterfaceName(n.InterfaceName, path.Child("interfaceName"))...)
	errs = append(errs, validateParent(n, path)...)
	errs = append(errs, validateChoice(n.Kind, n.Mode, fields[n.Kind].modes, path.Child("mode"))...)
	errs = append(errs, validateChoice(n.Kind, n.Flag, fields[n.Kind].flags, path.Child("flag"))...)
	errs = append(errs, validateMTU(n, path.Child("mtu"))...)
	errs = append(errs, validatePKey(n, path.Child("pkey"))...)
	errs = append(errs, validateMAC(n, path.Child("macAddress"))...)
	errs = append(errs, validateHostDevice(n, path.Child("hostDevice"))...)
	errs = append(errs, validateVF(n, path)...)
	errs = append(errs, validateOffloads(n, path)...)
	return append(errs, validateSettings(n, path)...)
}

func validateInterfaceName(name string, path *field.Path) field.ErrorList {
	if name == "" {
		return nil
	}
	if err := ifname.Check(name); err != nil {
		return field.ErrorList{field.Invalid(path, name, err.Error())}
	}
	if slices.Contains(ifname.Reserved, name) {
		return field.ErrorList{field.Invalid(path, name, "is reserved in every pod: choose another, such as net1")}
	}
	return nil
}

func validateParent(n *Netdev, netdev *field.Path) field.ErrorList {
	rule, path := fields[n.Kind].parent, netdev.Child("parent")
	switch {
	case n.NeedsParent() && netdev.String() == comboNetdev:
		return nil // that of the RDMA device, which is not known here
	case n.NeedsParent():
		return field.ErrorList{field.Required(path, fmt.Sprintf("a %s needs the name of the host's link below it, such as %s", n.Kind, parentExample(n.Kind)))}
	case n.Parent != "" && rule == parentForbidden:
		return field.ErrorList{field.Forbidden(path, fmt.Sprintf("a %s has no parent", n.Kind))}
	case n.Parent != "":
		if err := ifname.Check(n.Parent); err != nil {
			return field.ErrorList{field.Invalid(path, n.Parent, err.Error())}
		}
	}
	return nil
}

func parentExample(k Kind) string {
	if k == KindIpoib {
		return "ib0"
	}
	return "eth0"
}

// NeedsParent says whether the interface's kind must have a parent that is not
// named.
func (n *Netdev) NeedsParent() bool {
	return n.Parent == "" && fields[n.Kind].parent == parentRequired
}

func validateMTU(n *Netdev, path *field.Path) field.ErrorList {
	most := uint32(MaxMTU)
	if n.Kind == KindIpoib {
		most = ipoibMTU[n.Mode]
	}
	if n.MTU == nil || *n.MTU >= MinMTU && *n.MTU <= most {
		return nil
	}
	return field.ErrorList{field.Invalid(path, *n.MTU, fmt.Sprintf("must be %d to %d bytes", MinMTU, most))}
}

// validatePKey refuses the partitions of number 0, which InfiniBand does not have.
func validatePKey(n *Netdev, path *field.Path) field.ErrorList {
	switch {
	case n.Kind != KindIpoib && n.PKey != nil:
		return field.ErrorList{field.Forbidden(path, fmt.Sprintf("a %s is in no InfiniBand partition", n.Kind))}
	case n.Kind != KindIpoib:
		return nil
	case n.PKey == nil:
		return field.ErrorList{field.Required(path, "an ipoib needs its InfiniBand partition's key, such as 0x8001 (32769)")}
	case *n.PKey > maxPKey || *n.PKey&^FullMembership == 0:
		return field.ErrorList{field.Invalid(path, *n.PKey, "must be the key of a partition, 0x0001 to 0x7fff, with or without the bit of full membership, 0x8000")}
	}
	return nil
}

// validateHostDevice checks the name alone: whether one is needed depends on the
// device that was allocated.
func validateHostDevice(n *Netdev, path *field.Path) field.ErrorList {
	switch {
	case n.HostDevice == "":
		return nil
	case n.Kind != KindHostDevice:
		return field.ErrorList{field.Forbidden(path, fmt.Sprintf("a %s is no device of the host", n.Kind))}
	}
	if err := ifname.Check(n.HostDevice); err != nil {
		return field.ErrorList{field.Invalid(path, n.HostDevice, err.Error())}
	}
	return nil
}

// validateChoice checks a setting that has a few words of each kind's own.
func validateChoice(kind Kind, value string, choices []string, path *field.Path) field.ErrorList {
	switch {
	case value == "" || slices.Contains(choices, value):
		return nil
	case choices == nil:
		return field.ErrorList{field.Forbidden(path, fmt.Sprintf("a %s has none", kind))}
	}
	return field.ErrorList{field.NotSupported(path, value, choices)}
}

func validateMAC(n *Netdev, path *field.Path) field.ErrorList {
	if n.MACAddress == "" {
		return nil
	}
	if !fields[n.Kind].mac {
		return field.ErrorList{field.Forbidden(path, noMAC[n.Kind])}
	}
	if _, err := ParseMAC(n.MACAddress); err != nil {
		return field.ErrorList{field.Invalid(path, n.MACAddress, err.Error())}
	}
	return nil
}

// ParseMAC reads a unicast Ethernet address.
func ParseMAC(s string) (net.HardwareAddr, error) {
	mac, err := net.ParseMAC(s)
	if err != nil || len(mac) != 6 {
		return nil, fmt.Errorf("must be six bytes in hexadecimal, such as 02:00:00:00:00:01")
	}
	if mac[0]&1 != 0 {
		return nil, fmt.Errorf("is a multicast address: the lowest bit of the first byte must be 0")
	}
	if slices.Equal(mac, make(net.HardwareAddr, 6)) {
		return nil, fmt.Errorf("must not be zero")
	}
	return mac, nil
}
