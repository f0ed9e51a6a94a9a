package link

import (
	"github.com/vishvananda/netlink/nl"
)

// MacvlanMode is the kernel's MACVLAN_MODE_*.
type MacvlanMode uint32

// The modes, see linux/if_link.h.
const (
	MacvlanPrivate  MacvlanMode = nl.MACVLAN_MODE_PRIVATE
	MacvlanVEPA     MacvlanMode = nl.MACVLAN_MODE_VEPA
	MacvlanBridge   MacvlanMode = nl.MACVLAN_MODE_BRIDGE
	MacvlanPassthru MacvlanMode = nl.MACVLAN_MODE_PASSTHRU
)

// Macvlan is a link with a MAC address of its own on a parent link.
type Macvlan struct {
	Parent int
	Mode   MacvlanMode
}

// Name is "macvlan".
func (Macvlan) Name() string { return "macvlan" }

func (m Macvlan) build(s Settings) *nl.NetlinkRequest {
	req := newLink(s)
	addParent(req, m.Parent)
	addKind(req, m.Name()).AddRtAttr(nl.IFLA_MACVLAN_MODE, nl.Uint32Attr(uint32(m.Mode)))
	return req
}
