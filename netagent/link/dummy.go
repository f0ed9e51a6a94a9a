package link

import (
	"github.com/vishvananda/netlink/nl"
)

// Dummy is a link without a wire.
type Dummy struct{}

// Name is "dummy".
func (Dummy) Name() string { return "dummy" }

func (d Dummy) build(s Settings) *nl.NetlinkRequest {
	req := newLink(s)
	addKind(req, d.Name())
	return req
}
