package rtnl

import (
	"fmt"
	"net"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Link is a network link.
type Link struct {
	Index int32
	Name  string
	Alias string
	MAC   net.HardwareAddr
	Up    bool
	// Master is the index of the link that this one is a port of; 0 is none.
	Master int32
	Kind   string
	// Table of a VRF.
	Table uint32
}

// LinkByName returns the link with that name; one that has it as an
// alternative name only is not meant. It is ENODEV when there is none.
func LinkByName(name string) (Link, error) {
	msgs, err := getLink(name).Execute(unix.NETLINK_ROUTE, unix.RTM_NEWLINK)
	if err != nil {
		return Link{}, err
	}
	if len(msgs) != 1 {
		return Link{}, fmt.Errorf("%d links in the kernel's answer", len(msgs))
	}
	l, err := parseLink(msgs[0])
	if err != nil {
		return Link{}, err
	}
	if l.Name != name {
		return Link{}, unix.ENODEV
	}
	return l, nil
}

// SetUp brings a link up; one that is up already stays so.
func SetUp(index int32) error {
	return act(setUp(index))
}

func getLink(name string) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_GETLINK, 0)
	req.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	req.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)))
	return req
}

func setUp(index int32) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = index
	msg.Flags = unix.IFF_UP
	msg.Change = unix.IFF_UP
	req.AddData(msg)
	return req
}

func parseLink(b []byte) (Link, error) {
	if len(b) < unix.SizeofIfInfomsg {
		return Link{}, fmt.Errorf("link of %d bytes in the kernel's answer", len(b))
	}
	msg := nl.DeserializeIfInfomsg(b)
	attrs, err := parseAttributes(b[unix.SizeofIfInfomsg:])
	if err != nil {
		return Link{}, err
	}
	kind, table, err := parseInfo(attrs[unix.IFLA_LINKINFO])
	if err != nil {
		return Link{}, err
	}
	return Link{
		Index:  msg.Index,
		Name:   attrs.text(unix.IFLA_IFNAME),
		Alias:  attrs.text(unix.IFLA_IFALIAS),
		MAC:    net.HardwareAddr(attrs[unix.IFLA_ADDRESS]),
		Up:     msg.Flags&unix.IFF_UP != 0,
		Master: int32(attrs.number(unix.IFLA_MASTER)),
		Kind:   kind,
		Table:  table,
	}, nil
}
