package rtnl

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// ifaProto is IFA_PROTO (linux/if_addr.h, since 5.18): who set an address.
// Kernels that do not know it pass over it.
const ifaProto = 11

// Address is an address of a link.
type Address struct {
	Prefix netip.Prefix
	// Origin is the mark of whoever set it; 0 is unknown.
	Origin uint8
}

// Addresses returns those of a link, v4 and v6.
func Addresses(index int32) ([]Address, error) {
	msgs, err := dump(getAddresses, unix.RTM_NEWADDR)
	if err != nil {
		return nil, err
	}
	var all []Address
	for _, b := range msgs {
		if len(b) < unix.SizeofIfAddrmsg {
			return nil, fmt.Errorf("address of %d bytes in the kernel's answer", len(b))
		}
		msg := nl.DeserializeIfAddrmsg(b)
		if msg.Index != uint32(index) {
			continue
		}
		a, err := parseAddress(int(msg.Prefixlen), b[unix.SizeofIfAddrmsg:])
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// SetAddress adds an address, or makes the one that is there permanent. A v6
// address is usable at once: duplicates are not looked for, because a program
// could not bind to it for seconds, and never on a link without carrier.
func SetAddress(index int32, a Address) error {
	return act(setAddress(index, a))
}

// DeleteAddress removes an address of a link. It is EADDRNOTAVAIL when the link
// does not have it.
func DeleteAddress(index int32, a Address) error {
	return act(deleteAddress(index, a))
}

func getAddresses() *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_GETADDR, unix.NLM_F_DUMP)
	req.AddData(nl.NewIfAddrmsg(unix.AF_UNSPEC))
	return req
}

func setAddress(index int32, a Address) *nl.NetlinkRequest {
	req := addressRequest(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, index, a.Prefix)
	req.AddData(nl.NewRtAttr(ifaProto, []byte{a.Origin}))
	if a.Prefix.Addr().Is6() {
		req.AddData(nl.NewRtAttr(unix.IFA_FLAGS, nl.Uint32Attr(unix.IFA_F_NODAD)))
	} else if a.Prefix.Bits() < 31 { // RFC 3021: none below
		req.AddData(nl.NewRtAttr(unix.IFA_BROADCAST, broadcast(a.Prefix)))
	}
	return req
}

func deleteAddress(index int32, a Address) *nl.NetlinkRequest {
	return addressRequest(unix.RTM_DELADDR, 0, index, a.Prefix)
}

func addressRequest(typ, flags int, index int32, p netip.Prefix) *nl.NetlinkRequest {
	family := unix.AF_INET6
	if p.Addr().Is4() {
		family = unix.AF_INET
	}
	req := nl.NewNetlinkRequest(typ, flags|unix.NLM_F_ACK)
	msg := nl.NewIfAddrmsg(family)
	msg.Index = uint32(index)
	msg.Prefixlen = uint8(p.Bits())
	req.AddData(msg)
	req.AddData(nl.NewRtAttr(unix.IFA_LOCAL, p.Addr().AsSlice()))
	req.AddData(nl.NewRtAttr(unix.IFA_ADDRESS, p.Addr().AsSlice()))
	return req
}

// broadcast is the last address of a v4 prefix.
func broadcast(p netip.Prefix) []byte {
	b := p.Addr().As4()
	last := binary.BigEndian.Uint32(b[:]) | (1<<(32-p.Bits()) - 1)
	return binary.BigEndian.AppendUint32(nil, last)
}

// parseAddress reads the attributes: the address is IFA_LOCAL where there is a
// peer, and IFA_ADDRESS otherwise.
func parseAddress(bits int, b []byte) (Address, error) {
	attrs, err := parseAttributes(b)
	if err != nil {
		return Address{}, err
	}
	raw := attrs[unix.IFA_LOCAL]
	if raw == nil {
		raw = attrs[unix.IFA_ADDRESS]
	}
	ip, ok := netip.AddrFromSlice(raw)
	if !ok {
		return Address{}, fmt.Errorf("address with %d bytes in the kernel's answer", len(raw))
	}
	a := Address{Prefix: netip.PrefixFrom(ip, bits)}
	if p := attrs[ifaProto]; len(p) == 1 {
		a.Origin = p[0]
	}
	return a, nil
}
