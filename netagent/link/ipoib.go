package link

import (
	"github.com/vishvananda/netlink/nl"
)

// IpoibMode is the kernel's IPOIB_MODE_*.
type IpoibMode uint16

// The modes, see linux/if_link.h.
const (
	IpoibDatagram IpoibMode = iota
	IpoibConnected
)

// Ipoib is a child of an IP-over-InfiniBand link, in a partition of its own. The
// kernel chooses its MTU by the mode, whatever the settings say: it is set after.
type Ipoib struct {
	Parent int
	PKey   uint16 // with the full-membership bit, 0x8000
	Mode   IpoibMode
}

// Name is "ipoib".
func (Ipoib) Name() string { return "ipoib" }

func (i Ipoib) build(s Settings) *nl.NetlinkRequest {
	req := newLink(s)
	addParent(req, i.Parent)
	data := addKind(req, i.Name())
	data.AddRtAttr(nl.IFLA_IPOIB_PKEY, nl.Uint16Attr(i.PKey))
	data.AddRtAttr(nl.IFLA_IPOIB_MODE, nl.Uint16Attr(uint16(i.Mode)))
	return req
}
