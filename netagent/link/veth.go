package link

import (
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// vethInfoPeer is VETH_INFO_PEER of linux/veth.h.
const vethInfoPeer = 1

// Veth is a pair of links: the settings' link, which goes to the pod, and its
// peer, which stays on the host.
type Veth struct {
	HostEnd string
	Bridge  int // that the host end becomes a port of; 0: none
}

// Name is "veth".
func (Veth) Name() string { return "veth" }

// build makes the host end the request's own link and the pod's end its peer:
// the kernel puts only the request's own link under a master.
func (v Veth) build(pod Settings) *nl.NetlinkRequest {
	req := newLink(Settings{Name: v.HostEnd, Group: pod.Group, MTU: pod.MTU})
	if v.Bridge != 0 {
		req.AddData(nl.NewRtAttr(unix.IFLA_MASTER, nl.Uint32Attr(uint32(v.Bridge))))
	}
	peer := addKind(req, v.Name()).AddRtAttr(vethInfoPeer, nil)
	nl.NewIfInfomsgChild(peer, unix.AF_UNSPEC)
	for _, a := range pod.attributes() {
		peer.AddChild(a)
	}
	return req
}
