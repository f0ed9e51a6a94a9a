package link

import (
	"github.com/vishvananda/netlink/nl"
)

// IpvlanMode is the kernel's IPVLAN_MODE_*.
type IpvlanMode uint16

// The modes, see linux/if_link.h.
const (
	IpvlanL2 IpvlanMode = iota
	IpvlanL3
	IpvlanL3S
)

// IpvlanFlag says whom an ipvlan link may talk to on the same parent.
type IpvlanFlag uint16

// The flags: all, none, or all by way of the switch outside.
const (
	IpvlanBridge  IpvlanFlag = 0
	IpvlanPrivate IpvlanFlag = 1
	IpvlanVEPA    IpvlanFlag = 2
)

// Ipvlan is a link that shares the MAC address of its parent. The kernel sets
// mode and flag for all ipvlan links on the parent, those that exist included.
type Ipvlan struct {
	Parent int
	Mode   IpvlanMode
	Flag   IpvlanFlag
}

// Name is "ipvlan".
func (Ipvlan) Name() string { return "ipvlan" }

func (i Ipvlan) build(s Settings) *nl.NetlinkRequest {
	req := newLink(s)
	addParent(req, i.Parent)
	data := addKind(req, i.Name())
	data.AddRtAttr(nl.IFLA_IPVLAN_MODE, nl.Uint16Attr(uint16(i.Mode)))
	data.AddRtAttr(nl.IFLA_IPVLAN_FLAG, nl.Uint16Attr(uint16(i.Flag)))
	return req
}
