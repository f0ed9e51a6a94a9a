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

// Forever is the lifetime of an address that does not end.
const Forever = 1<<32 - 1

// Address is an address of a link.
type Address struct {
	Prefix netip.Prefix
	// Peer is the other end of the link; the zero Prefix is none.
	Peer netip.Prefix
	// Label is the link's name unless the address has another; v4 alone.
	Label string
	// DAD has the kernel look for duplicates of a v6 address. Without, it is usable
	// at once: a program could not bind to it for seconds, and never on a link
	// without carrier.
	DAD bool
	// Duplicate says that the look found one. It cannot be set.
	Duplicate     bool
	NoPrefixRoute bool
	// Preferred and Valid lifetimes, in seconds.
	Preferred, Valid uint32
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

// SetAddress adds an address, or gives the one that is there these lifetimes.
func SetAddress(index int32, a Address) error {
	return act(setAddress(index, a))
}

// DeleteAddress removes an address of a link. It is EADDRNOTAVAIL when the link
// does not have it.
func DeleteAddress(index int32, a Address) error {
	return act(addressRequest(unix.RTM_DELADDR, 0, index, a))
}

func getAddresses() *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_GETADDR, unix.NLM_F_DUMP)
	req.AddData(nl.NewIfAddrmsg(unix.AF_UNSPEC))
	return req
}

func setAddress(index int32, a Address) *nl.NetlinkRequest {
	req := addressRequest(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, index, a)
	req.AddData(nl.NewRtAttr(ifaProto, []byte{a.Origin}))
	req.AddData(nl.NewRtAttr(unix.IFA_CACHEINFO, lifetimes(a)))
	if flags := a.flags(); flags != 0 {
		req.AddData(nl.NewRtAttr(unix.IFA_FLAGS, nl.Uint32Attr(flags)))
	}
	if a.Prefix.Addr().Is4() && a.Prefix.Bits() < 31 { // RFC 3021: none below
		req.AddData(nl.NewRtAttr(unix.IFA_BROADCAST, broadcast(a.Prefix)))
	}
	return req
}

func (a Address) flags() (flags uint32) {
	if a.Prefix.Addr().Is6() && !a.DAD {
		flags |= unix.IFA_F_NODAD
	}
	if a.NoPrefixRoute {
		flags |= unix.IFA_F_NOPREFIXROUTE
	}
	return flags
}

// lifetimes is struct ifa_cacheinfo (linux/if_addr.h), whose times of change are
// the kernel's to tell.
func lifetimes(a Address) []byte {
	b := binary.NativeEndian.AppendUint32(nil, a.Preferred)
	b = binary.NativeEndian.AppendUint32(b, a.Valid)
	return append(b, make([]byte, 8)...)
}

// addressRequest names the address: with a peer the prefix length is the peer's.
func addressRequest(typ, flags int, index int32, a Address) *nl.NetlinkRequest {
	other := a.Prefix
	if a.Peer.IsValid() {
		other = a.Peer
	}
	req := nl.NewNetlinkRequest(typ, flags|unix.NLM_F_ACK)
	msg := nl.NewIfAddrmsg(int(family(a.Prefix.Addr())))
	msg.Index = uint32(index)
	msg.Prefixlen = uint8(other.Bits())
	req.AddData(msg)
	req.AddData(nl.NewRtAttr(unix.IFA_LOCAL, a.Prefix.Addr().AsSlice()))
	req.AddData(nl.NewRtAttr(unix.IFA_ADDRESS, other.Addr().AsSlice()))
	if a.Label != "" {
		req.AddData(nl.NewRtAttr(unix.IFA_LABEL, nl.ZeroTerminated(a.Label)))
	}
	return req
}

// broadcast is the last address of a v4 prefix.
func broadcast(p netip.Prefix) []byte {
	b := p.Addr().As4()
	last := binary.BigEndian.Uint32(b[:]) | (1<<(32-p.Bits()) - 1)
	return binary.BigEndian.AppendUint32(nil, last)
}

// parseAddress reads the attributes: the address is IFA_LOCAL where there is a
// peer, which IFA_ADDRESS is then, and IFA_ADDRESS otherwise.
func parseAddress(bits int, b []byte) (Address, error) {
	attrs, err := parseAttributes(b)
	if err != nil {
		return Address{}, err
	}
	local, err := attrs.address(unix.IFA_LOCAL)
	if err != nil {
		return Address{}, err
	}
	other, err := attrs.address(unix.IFA_ADDRESS)
	if err != nil {
		return Address{}, err
	}
	a := Address{Label: attrs.text(unix.IFA_LABEL), Preferred: Forever, Valid: Forever}
	switch {
	case local.IsValid() && other.IsValid() && local != other:
		a.Prefix, a.Peer = netip.PrefixFrom(local, local.BitLen()), netip.PrefixFrom(other, bits)
	case local.IsValid():
		a.Prefix = netip.PrefixFrom(local, bits)
	case other.IsValid():
		a.Prefix = netip.PrefixFrom(other, bits)
	default:
		return Address{}, fmt.Errorf("address without one in the kernel's answer")
	}
	a.DAD = a.Prefix.Addr().Is6() && attrs.number(unix.IFA_FLAGS)&unix.IFA_F_NODAD == 0
	a.Duplicate = attrs.number(unix.IFA_FLAGS)&unix.IFA_F_DADFAILED != 0
	a.NoPrefixRoute = attrs.number(unix.IFA_FLAGS)&unix.IFA_F_NOPREFIXROUTE != 0
	if times := attrs[unix.IFA_CACHEINFO]; len(times) >= 8 {
		a.Preferred, a.Valid = binary.NativeEndian.Uint32(times), binary.NativeEndian.Uint32(times[4:])
	}
	if p := attrs[ifaProto]; len(p) == 1 {
		a.Origin = p[0]
	}
	return a, nil
}
