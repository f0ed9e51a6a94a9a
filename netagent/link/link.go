// Package link is netagent's way to the kernel's network links. It and package
// rdma alone speak netlink.
//
// Every operation has three parts: a request is built (pure), executed (one
// place, [Conn]), and its reply parsed (pure). It refuses nothing by policy:
// whoever calls it has asked netagent/policy first, and acts by index, never by
// a name that was looked up earlier. It asks for VF data, which costs up to 2 ms
// a VF, only where that is what is wanted, and never enters a namespace: links in pods are reached by the
// namespace's id (nsid).
package link

import (
	"encoding/binary"
	"net"

	"golang.org/x/sys/unix"
)

// Link is what the kernel says of a network link.
type Link struct {
	Index  int
	Name   string
	Alias  string
	Kind   string // as in "ip -d link"; empty for hardware and lo
	Type   uint16 // ARPHRD_*
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

	Device     Device
	MinMTU     uint32
	MaxMTU     uint32 // 0: no bound
	TxQueueLen uint32
	Sizes      Sizes
	Carrier    bool
	Altnames   []string
}

// Device is what a link of hardware belongs to, by the bus and the name that
// the kernel has for it, such as pci 0000:3b:02.1. It is told also of a link in
// a pod, where nobody can change it. Links without hardware have none.
type Device struct {
	Bus, Name string
}

// Ethernet says whether the link is one.
func (l Link) Ethernet() bool { return l.Type == unix.ARPHRD_ETHER && !l.Loopback() }

// Up says whether the link is set up.
func (l Link) Up() bool { return l.Flags&unix.IFF_UP != 0 }

// Loopback says whether the link is lo.
func (l Link) Loopback() bool { return l.Flags&unix.IFF_LOOPBACK != 0 }

// parseLink reads the payload of an RTM_NEWLINK or RTM_DELLINK message.
func parseLink(b []byte) (Link, error) {
	if len(b) < unix.SizeofIfInfomsg {
		return Link{}, errTruncated
	}
	l := Link{Type: binary.NativeEndian.Uint16(b[2:]), Index: int(s32(b[4:])), Flags: u32(b[8:])}
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
	case unix.IFLA_PROP_LIST:
		return walk(v, l.property)
	default:
		l.hardwareAttribute(typ, v)
	}
	return nil
}

func (l *Link) hardwareAttribute(typ uint16, v []byte) {
	switch typ {
	case unix.IFLA_PARENT_DEV_BUS_NAME:
		l.Device.Bus = text(v)
	case unix.IFLA_PARENT_DEV_NAME:
		l.Device.Name = text(v)
	case unix.IFLA_MIN_MTU:
		l.MinMTU = u32(v)
	case unix.IFLA_MAX_MTU:
		l.MaxMTU = u32(v)
	case unix.IFLA_TXQLEN:
		l.TxQueueLen = u32(v)
	case unix.IFLA_CARRIER:
		l.Carrier = len(v) > 0 && v[0] != 0
	default:
		l.Sizes.attribute(typ, v)
	}
}

func (l *Link) property(typ uint16, v []byte) error {
	if typ == unix.IFLA_ALT_IFNAME {
		l.Altnames = append(l.Altnames, text(v))
	}
	return nil
}

func (l *Link) infoAttribute(typ uint16, v []byte) error {
	if typ == unix.IFLA_INFO_KIND {
		l.Kind = text(v)
	}
	return nil
}
