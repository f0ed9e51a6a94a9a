package v1alpha1

import (
	"fmt"
	"net"
	"net/netip"
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
	// MaxAddresses keeps a record, and podlink's work at each container
	// create, small.
	MaxAddresses = 16
)

// reservedNames are in each pod before the driver's interfaces come, or mean
// something else to the kernel (net.ipv4.conf.all).
var reservedNames = []string{"lo", "eth0", "all", "default"}

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
	errs = append(errs, validateParent(n, path.Child("parent"))...)
	errs = append(errs, validateChoice(n.Kind, n.Mode, fields[n.Kind].modes, path.Child("mode"))...)
	errs = append(errs, validateChoice(n.Kind, n.Flag, fields[n.Kind].flags, path.Child("flag"))...)
	if n.MTU != nil && (*n.MTU < MinMTU || *n.MTU > MaxMTU) {
		errs = append(errs, field.Invalid(path.Child("mtu"), *n.MTU, fmt.Sprintf("must be %d to %d bytes", MinMTU, MaxMTU)))
	}
	errs = append(errs, validateMAC(n, path.Child("macAddress"))...)
	return append(errs, validateAddresses(n.Addresses, path.Child("addresses"))...)
}

func validateInterfaceName(name string, path *field.Path) field.ErrorList {
	if name == "" {
		return nil
	}
	if err := ifname.Check(name); err != nil {
		return field.ErrorList{field.Invalid(path, name, err.Error())}
	}
	if slices.Contains(reservedNames, name) {
		return field.ErrorList{field.Invalid(path, name, "is reserved in every pod: choose another, such as net1")}
	}
	return nil
}

func validateParent(n *Netdev, path *field.Path) field.ErrorList {
	rule := fields[n.Kind].parent
	switch {
	case n.Parent == "" && rule == parentRequired:
		return field.ErrorList{field.Required(path, fmt.Sprintf("a %s needs the name of the host's link below it, such as eth0", n.Kind))}
	case n.Parent != "" && rule == parentForbidden:
		return field.ErrorList{field.Forbidden(path, fmt.Sprintf("a %s has no parent", n.Kind))}
	case n.Parent != "":
		if err := ifname.Check(n.Parent); err != nil {
			return field.ErrorList{field.Invalid(path, n.Parent, err.Error())}
		}
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
		return field.ErrorList{field.Forbidden(path, fmt.Sprintf("an %s shares the address of its parent", n.Kind))}
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

func validateAddresses(addresses []string, path *field.Path) (errs field.ErrorList) {
	if len(addresses) > MaxAddresses {
		return field.ErrorList{field.TooMany(path, len(addresses), MaxAddresses)}
	}
	seen := map[netip.Addr]bool{}
	for i, a := range addresses {
		p, err := ParseAddress(a)
		switch {
		case err != nil:
			errs = append(errs, field.Invalid(path.Index(i), a, err.Error()))
		case seen[p.Addr()]:
			errs = append(errs, field.Duplicate(path.Index(i), a))
		default:
			seen[p.Addr()] = true
		}
	}
	return errs
}

// ParseAddress reads an address that an interface may have, in CIDR form.
func ParseAddress(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Errorf("must be an address with a prefix length, such as 192.0.2.1/24 or 2001:db8::1/64")
	}
	a := p.Addr()
	if a.Is4In6() || a.IsMulticast() || a.IsUnspecified() || a.IsLoopback() {
		return p, fmt.Errorf("must be a unicast address of an interface, such as 192.0.2.1/24 or 2001:db8::1/64")
	}
	return p, nil
}
