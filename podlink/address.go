package podlink

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/api/layer3"
	"github.com/hawser-dra/hawser/podlink/rtnl"
)

// addresses gives the link its addresses.
func (s *settler) addresses() error {
	want, err := parseAddresses(s.want.Addresses, s.link.Name)
	if err != nil {
		return err
	}
	have, err := rtnl.Addresses(s.link.Index)
	if err != nil {
		return fmt.Errorf("addresses of %s: %w", s.link.Name, err)
	}
	for _, a := range wrong(have, want) {
		if err := rtnl.DeleteAddress(s.link.Index, a); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
			return fmt.Errorf("old address %s of %s cannot be removed: %w", a.Prefix, s.link.Name, err)
		}
	}
	// Also those that are there: with the removal of a v4 address the kernel
	// may have removed others of its subnet.
	for i, a := range want {
		if err := rtnl.SetAddress(s.link.Index, a); err != nil {
			return s.failed("addresses", i, a.Prefix, explain(err, a.Prefix, s.link.Name))
		}
	}
	return nil
}

func parseAddresses(addresses []layer3.Address, link string) ([]rtnl.Address, error) {
	want := make([]rtnl.Address, 0, len(addresses))
	for _, a := range addresses {
		spec, err := a.Parse()
		if err != nil {
			return nil, err
		}
		address := rtnl.Address{
			Prefix: spec.Prefix, Peer: spec.Peer, Label: spec.Label, Origin: origin,
			DAD: spec.DAD, NoPrefixRoute: spec.NoPrefixRoute, Preferred: spec.Preferred, Valid: spec.Valid,
		}
		if address.Label == "" && spec.Prefix.Addr().Is4() {
			address.Label = link // as the kernel has it
		}
		want = append(want, address)
	}
	return want, nil
}

// wrong selects what has to go: what podlink set for an earlier record, and a
// wanted address with another prefix length, peer or label, or another mind about
// its subnet's route. What the pod added stays.
func wrong(have, want []rtnl.Address) (out []rtnl.Address) {
	wanted := make(map[netip.Addr]rtnl.Address, len(want))
	for _, a := range want {
		wanted[a.Prefix.Addr()] = a
	}
	for _, a := range have {
		w, ok := wanted[a.Prefix.Addr()]
		same := w.Prefix == a.Prefix && w.Peer == a.Peer && w.Label == a.Label && w.NoPrefixRoute == a.NoPrefixRoute
		if ok && !same || !ok && a.Origin == origin {
			out = append(out, a)
		}
	}
	return out
}

// present lists the link's addresses without link-local ones, and without those
// that somebody else has (IPv6's look for duplicates).
func present(link rtnl.Link) ([]string, error) {
	all, err := rtnl.Addresses(link.Index)
	if err != nil {
		return nil, fmt.Errorf("addresses of %s: %w", link.Name, err)
	}
	var out []string
	for _, a := range all {
		if !a.Prefix.Addr().IsLinkLocalUnicast() && !a.Duplicate {
			out = append(out, a.Prefix.String())
		}
	}
	return out, nil
}

// explain says what stands behind the kernel's number.
func explain(err error, p netip.Prefix, name string) error {
	switch {
	case p.Addr().Is6() && errors.Is(err, unix.EACCES):
		return fmt.Errorf("IPv6 is off in this pod, sysctl net.ipv6.conf.%s.disable_ipv6 is 1: %w", name, err)
	case p.Addr().Is6() && errors.Is(err, unix.EOPNOTSUPP):
		return fmt.Errorf("the node's kernel has no IPv6: %w", err)
	}
	return err
}
