// Package rtnl asks and tells the kernel, over rtnetlink, what podlink needs: links
// by their names, addresses, routes, rules and neighbours. Each function is one
// request in the calling thread's network namespace; errors are the kernel's, for
// [errors.Is], with the words that it has for them.
package rtnl

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// maxDumps: a dump that is disturbed by other changes is read again, but a
// namespace that never rests must not keep a container from starting for ever.
const maxDumps = 5

// flags of an attribute's type, which say what its value is.
const flags = unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER

// attributes of a message, the last one of each type.
type attributes map[uint16][]byte

func parseAttributes(b []byte) (attributes, error) {
	attrs := attributes{}
	for len(b) >= unix.SizeofRtAttr {
		size := int(binary.NativeEndian.Uint16(b))
		if size < unix.SizeofRtAttr || size > len(b) {
			return nil, fmt.Errorf("attribute of %d bytes in the kernel's answer", size)
		}
		attrs[binary.NativeEndian.Uint16(b[2:])&^flags] = b[unix.SizeofRtAttr:size]
		aligned := (size + unix.RTA_ALIGNTO - 1) &^ (unix.RTA_ALIGNTO - 1)
		b = b[min(aligned, len(b)):]
	}
	return attrs, nil
}

// number returns an attribute that is a 32-bit number; 0 when it is not there.
func (a attributes) number(attr uint16) uint32 {
	if v := a[attr]; len(v) == 4 {
		return binary.NativeEndian.Uint32(v)
	}
	return 0
}

// address returns an attribute that is a network address; the zero Addr when it is
// not there.
func (a attributes) address(attr uint16) (netip.Addr, error) {
	raw := a[attr]
	if raw == nil {
		return netip.Addr{}, nil
	}
	ip, ok := netip.AddrFromSlice(raw)
	if !ok {
		return ip, fmt.Errorf("address with %d bytes in the kernel's answer", len(raw))
	}
	return ip, nil
}

// family of an address, in the kernel's numbers.
func family(a netip.Addr) uint8 {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// text returns an attribute that is a C string.
func (a attributes) text(attr uint16) string {
	v, _, _ := bytes.Cut(a[attr], []byte{0})
	return string(v)
}

// act sends a request that is answered with nothing but success.
func act(req *nl.NetlinkRequest) error {
	_, err := req.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// dump reads all objects of a sort; build returns the request for a try.
func dump(build func() *nl.NetlinkRequest, reply uint16) ([][]byte, error) {
	for range maxDumps {
		msgs, err := build().Execute(unix.NETLINK_ROUTE, reply)
		if !errors.Is(err, nl.ErrDumpInterrupted) {
			return msgs, err
		}
	}
	return nil, fmt.Errorf("changed %d times while being read", maxDumps)
}
