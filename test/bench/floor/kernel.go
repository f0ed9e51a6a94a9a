// Package floor is what no driver can do without, and nothing else: the bare
// request to the kernel, a file written and renamed, one call over a Unix
// socket. It is written apart from the product on purpose, so that no part of
// the product is taken for granted.
package floor

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Kernel is a netlink socket, in the network namespace of the thread that made
// it.
type Kernel struct {
	fd     int
	answer [8192]byte
}

// NewKernel opens the socket.
func NewKernel() (*Kernel, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("netlink socket: %w", err)
	}
	return &Kernel{fd: fd}, nil
}

// Close closes it.
func (k *Kernel) Close() error { return unix.Close(k.fd) }

// Do sends a request that was built before and waits for its acknowledgement.
func (k *Kernel) Do(request []byte) error {
	if err := unix.Sendto(k.fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	n, _, err := unix.Recvfrom(k.fd, k.answer[:], 0)
	if err != nil {
		return err
	}
	if n < unix.NLMSG_HDRLEN+4 || binary.NativeEndian.Uint16(k.answer[4:]) != unix.NLMSG_ERROR {
		return errors.New("netlink: not an acknowledgement")
	}
	if code := int32(binary.NativeEndian.Uint32(k.answer[unix.NLMSG_HDRLEN:])); code != 0 {
		return unix.Errno(-code)
	}
	return nil
}

// PartitionKey is the InfiniBand partition of bare links.
const PartitionKey = 0x8001

// Link is what a bare link is made with.
type Link struct {
	Name   string
	Kind   string // as the kernel calls it, ipoib as well
	Parent int    // index; 0: none
	MTU    uint32
	MAC    net.HardwareAddr // none: the kernel's choice
	Group  uint32
}

// Create builds the request that makes a link.
func Create(l Link) []byte {
	r := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	r.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	r.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(l.Name)))
	r.AddData(nl.NewRtAttr(unix.IFLA_GROUP, nl.Uint32Attr(l.Group)))
	if l.MTU != 0 {
		r.AddData(nl.NewRtAttr(unix.IFLA_MTU, nl.Uint32Attr(l.MTU)))
	}
	if l.MAC != nil {
		r.AddData(nl.NewRtAttr(unix.IFLA_ADDRESS, l.MAC))
	}
	if l.Parent != 0 {
		r.AddData(nl.NewRtAttr(unix.IFLA_LINK, nl.Uint32Attr(uint32(l.Parent))))
	}
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, nl.NonZeroTerminated(l.Kind))
	l.addData(info)
	r.AddData(info)
	return r.Serialize()
}

// addData adds what is the kind's own.
func (l Link) addData(info *nl.RtAttr) {
	data := nl.NewRtAttr(nl.IFLA_INFO_DATA, nil)
	switch l.Kind {
	case "macvlan":
		data.AddRtAttr(nl.IFLA_MACVLAN_MODE, nl.Uint32Attr(nl.MACVLAN_MODE_BRIDGE))
	case "ipvlan":
		data.AddRtAttr(nl.IFLA_IPVLAN_MODE, nl.Uint16Attr(0))
	case "ipoib":
		data.AddRtAttr(nl.IFLA_IPOIB_PKEY, nl.Uint16Attr(PartitionKey))
		data.AddRtAttr(nl.IFLA_IPOIB_MODE, nl.Uint16Attr(0))
	case "veth":
		peer := data.AddRtAttr(nl.VETH_INFO_PEER, nil)
		nl.NewIfInfomsgChild(peer, unix.AF_UNSPEC)
		peer.AddRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(l.Name+"p"))
	default:
		return
	}
	info.AddChild(data)
}

// Delete builds the request that deletes a link.
func Delete(name string) []byte {
	r := nl.NewNetlinkRequest(unix.RTM_DELLINK, unix.NLM_F_ACK)
	r.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	r.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)))
	return r.Serialize()
}

// DeleteGroup builds the request that deletes all links of an interface group.
func DeleteGroup(group uint32) []byte {
	r := nl.NewNetlinkRequest(unix.RTM_DELLINK, unix.NLM_F_ACK)
	r.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	r.AddData(nl.NewRtAttr(unix.IFLA_GROUP, nl.Uint32Attr(group)))
	return r.Serialize()
}

// SetMTU builds the request that sets a link's MTU, in bytes.
func SetMTU(name string, mtu uint32) []byte {
	r := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	r.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	r.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)))
	r.AddData(nl.NewRtAttr(unix.IFLA_MTU, nl.Uint32Attr(mtu)))
	return r.Serialize()
}
