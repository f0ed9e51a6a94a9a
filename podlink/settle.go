package podlink

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/podlink/rtnl"
)

// origin marks the addresses that podlink set, so that a later run knows them
// from those of the pod. The kernel keeps 1 to 3 for itself.
const origin = 0x68

// settle brings the link up, gives it the addresses and returns those that it
// has in the end. The link goes up first: going down loses v6 addresses.
func settle(link rtnl.Link, addresses []string) ([]string, error) {
	if err := rtnl.SetUp(link.Index); err != nil {
		return nil, fmt.Errorf("interface %s cannot be brought up: %w", link.Name, err)
	}
	want, err := parse(addresses)
	if err != nil {
		return nil, err
	}
	have, err := rtnl.Addresses(link.Index)
	if err != nil {
		return nil, fmt.Errorf("addresses of %s: %w", link.Name, err)
	}
	for _, a := range wrong(have, want) {
		if err := rtnl.DeleteAddress(link.Index, a); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
			return nil, fmt.Errorf("old address %s of %s cannot be removed: %w", a.Prefix, link.Name, err)
		}
	}
	// Also those that are there: with the removal of a v4 address the kernel
	// may have removed others of its subnet.
	for _, p := range want {
		if err := rtnl.SetAddress(link.Index, rtnl.Address{Prefix: p, Origin: origin}); err != nil {
			return nil, explain(err, p, link.Name)
		}
	}
	return present(link)
}

func parse(addresses []string) ([]netip.Prefix, error) {
	want := make([]netip.Prefix, 0, len(addresses))
	for _, a := range addresses {
		p, err := netip.ParsePrefix(a)
		if err != nil {
			return nil, err
		}
		want = append(want, p)
	}
	return want, nil
}

// wrong selects what has to go: what podlink set for an earlier record, and a
// wanted address with another prefix length. What the pod added stays.
func wrong(have []rtnl.Address, want []netip.Prefix) []rtnl.Address {
	length := make(map[netip.Addr]int, len(want))
	for _, p := range want {
		length[p.Addr()] = p.Bits()
	}
	var out []rtnl.Address
	for _, a := range have {
		bits, wanted := length[a.Prefix.Addr()]
		if wanted && bits != a.Prefix.Bits() || !wanted && a.Origin == origin {
			out = append(out, a)
		}
	}
	return out
}

// present lists the link's addresses without link-local ones.
func present(link rtnl.Link) ([]string, error) {
	all, err := rtnl.Addresses(link.Index)
	if err != nil {
		return nil, fmt.Errorf("addresses of %s: %w", link.Name, err)
	}
	var out []string
	for _, a := range all {
		if !a.Prefix.Addr().IsLinkLocalUnicast() {
			out = append(out, a.Prefix.String())
		}
	}
	return out, nil
}

// explain says what stands behind the kernel's number.
func explain(err error, p netip.Prefix, name string) error {
	switch {
	case p.Addr().Is6() && errors.Is(err, unix.EACCES):
		return fmt.Errorf("address %s cannot be set on %s: IPv6 is off in this pod, "+
			"sysctl net.ipv6.conf.%s.disable_ipv6 is 1", p, name, name)
	case p.Addr().Is6() && errors.Is(err, unix.EOPNOTSUPP):
		return fmt.Errorf("address %s cannot be set on %s: the node's kernel has no IPv6", p, name)
	}
	return fmt.Errorf("address %s cannot be set on %s: %w", p, name, err)
}
