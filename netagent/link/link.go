// Package link is netagent's way to the kernel's network links. It and package
// rdma alone speak netlink.
//
// Every operation has three parts: a request is built (pure), executed (one
// place, [Conn]), and its reply parsed (pure). It refuses nothing by policy:
// whoever calls it has asked netagent/policy first, and acts by index, never by
// a name that was looked up earlier. It never asks for VF data, which costs up
// to 2 ms a VF, and never enters a namespace: links in pods are reached by the
// namespace's id (nsid).
package link

import (
	"net"

	"golang.org/x/sys/unix"
)

// Link is what the kernel says of a network link.
type Link struct {
	Index  int
	Name   string
	Alias  string
	Kind   string // as in "ip -d link"; empty for hardware and lo
	Group  uint32
	Flags  uint32 // IFF_*
	MTU    uint32
	MAC    net.HardwareAddr
	Parent int // link that this one stands on (IFLA_LINK), of another namespace if ParentElsewhere
	Master int // bridge, bond or VRF that it is a port of; 0: none

	ParentElsewhere bool

	// PermMAC is the device's own address, which nobody can change; nil for
	// links that have none. That of an IPoIB link holds the number of its queue
	// pair and so tells it from every other one.
	PermMAC net.HardwareAddr
}

// Loopback says whether the link is lo.
func (l Link) Loopback() bool { return l.Flags&unix.IFF_LOOPBACK != 0 }

// parseLink reads the payload of an RTM_NEWLINK or RTM_DELLINK message.
func parseLink(b []byte) (Link, error) {
	if len(b) < unix.SizeofIfInfomsg {
		return Link{}, errTruncated
	}
	l := Link{Index: int(s32(b[4:])), Flags: u32(b[8:])}
	err := walk(b[unix.SizeofIfInfomsg:], l.attribute)
	return l, err
}

func (l *Link) attribute(typ uint16, v []byte) error {
	switch typ {
	case unix.IFLA_IFNAME:
		l.Name = text(v)
	case unix.IFLA_IFALIAS:
		l.Alias = text(v)
	case unix.IFLA_GROUP:
		l.Group = u32(v)
	case unix.IFLA_MTU:
		l.MTU = u32(v)
	case unix.IFLA_ADDRESS:
		l.MAC = net.HardwareAddr(append([]byte(nil), v...))
	case unix.IFLA_PERM_ADDRESS:
		l.PermMAC = net.HardwareAddr(append([]byte(nil), v...))
	case unix.IFLA_LINK:
		l.Parent = int(s32(v))
	case unix.IFLA_LINK_NETNSID:
		l.ParentElsewhere = true
	case unix.IFLA_MASTER:
		l.Master = int(s32(v))
	case unix.IFLA_LINKINFO:
		return walk(v, l.infoAttribute)
	}
	return nil
}

func (l *Link) infoAttribute(typ uint16, v []byte) error {
	if typ == unix.IFLA_INFO_KIND {
		l.Kind = text(v)
	}
	return nil
}
