package link

import (
	"context"
	"errors"
	"net"
	"strconv"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Values of linux/if_link.h for IFLA_AF_SPEC.
const (
	inet6AddrGenMode = 8 // IFLA_INET6_ADDR_GEN_MODE
	addrGenNone      = 1 // IN6_ADDR_GEN_MODE_NONE
)

// SetAlias sets the alias of a link on the host.
func (c *Conn) SetAlias(ctx context.Context, index int, alias string) error {
	return c.change(ctx, "set alias "+alias, index,
		nl.NewRtAttr(unix.IFLA_IFALIAS, nl.NonZeroTerminated(alias)))
}

// Rename renames a link on the host.
func (c *Conn) Rename(ctx context.Context, index int, name string) error {
	return c.change(ctx, "set name "+name, index,
		nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)))
}

// SetMTU sets the MTU of a link on the host, in bytes.
func (c *Conn) SetMTU(ctx context.Context, index int, mtu uint32) error {
	return c.change(ctx, "set MTU "+strconv.FormatUint(uint64(mtu), 10), index,
		nl.NewRtAttr(unix.IFLA_MTU, nl.Uint32Attr(mtu)))
}

// NoLinkLocal keeps the kernel from giving a link that comes up an IPv6
// link-local address. A link without IPv6 needs nothing.
func (c *Conn) NoLinkLocal(ctx context.Context, index int) error {
	spec := nl.NewRtAttr(unix.IFLA_AF_SPEC, nil)
	spec.AddRtAttr(unix.AF_INET6, nil).AddRtAttr(inet6AddrGenMode, nl.Uint8Attr(addrGenNone))
	err := c.change(ctx, "turn IPv6 link-local addresses off", index, spec)
	if errors.Is(err, unix.EAFNOSUPPORT) {
		return nil
	}
	return err
}

// SetUp sets a link on the host up.
func (c *Conn) SetUp(ctx context.Context, index int) error {
	return c.setFlags(ctx, "up", index, unix.IFF_UP, unix.IFF_UP)
}

// SetDown sets a link on the host down.
func (c *Conn) SetDown(ctx context.Context, index int) error {
	return c.setFlags(ctx, "down", index, 0, unix.IFF_UP)
}

// hearing are the flags that let a link hear more than its own traffic.
const hearing = unix.IFF_PROMISC | unix.IFF_ALLMULTI

// Hearing returns those of flags that let a link hear more than its own traffic.
func Hearing(flags uint32) uint32 { return flags & hearing }

// SetHearing sets what [Hearing] has returned.
func (c *Conn) SetHearing(ctx context.Context, index int, flags uint32) error {
	return c.setFlags(ctx, "promiscuous and all-multicast as they were", index, flags&hearing, hearing)
}

func (c *Conn) setFlags(ctx context.Context, what string, index int, flags, change uint32) error {
	req := nl.NewNetlinkRequest(unix.RTM_NEWLINK, 0)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index, msg.Flags, msg.Change = int32(index), flags, change
	req.AddData(msg)
	_, err := c.execute(ctx, request{op: "set link " + strconv.Itoa(index) + " " + what, message: req})
	return err
}

// SetMAC sets the address of a link on the host.
func (c *Conn) SetMAC(ctx context.Context, index int, mac net.HardwareAddr) error {
	return c.change(ctx, "set MAC "+mac.String(), index, nl.NewRtAttr(unix.IFLA_ADDRESS, mac))
}

// SetGroup sets the interface group of a link on the host.
func (c *Conn) SetGroup(ctx context.Context, index int, group uint32) error {
	return c.change(ctx, "set group "+strconv.Itoa(int(group)), index,
		nl.NewRtAttr(unix.IFLA_GROUP, nl.Uint32Attr(group)))
}

// SetTxQueueLen sets the length of a link's queue, in packets.
func (c *Conn) SetTxQueueLen(ctx context.Context, index int, packets uint32) error {
	return c.change(ctx, "set queue length "+strconv.Itoa(int(packets)), index,
		nl.NewRtAttr(unix.IFLA_TXQLEN, nl.Uint32Attr(packets)))
}

// AddAltname gives a link of the host one more name.
func (c *Conn) AddAltname(ctx context.Context, index int, name string) error {
	return c.altname(ctx, unix.RTM_NEWLINKPROP, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_APPEND, "add", index, name)
}

// RemoveAltname takes one of them away.
func (c *Conn) RemoveAltname(ctx context.Context, index int, name string) error {
	return c.altname(ctx, unix.RTM_DELLINKPROP, 0, "remove", index, name)
}

func (c *Conn) altname(ctx context.Context, typ, flags int, what string, index int, name string) error {
	req := nl.NewNetlinkRequest(typ, flags)
	Host.address(req, index)
	list := nl.NewRtAttr(unix.IFLA_PROP_LIST|unix.NLA_F_NESTED, nil)
	list.AddRtAttr(unix.IFLA_ALT_IFNAME, nl.ZeroTerminated(name))
	req.AddData(list)
	_, err := c.execute(ctx, request{op: what + " altname " + name + " of link " + strconv.Itoa(index), message: req})
	return err
}

// Delete deletes a link. One that is gone, or whose namespace is, is
// [ErrNotFound].
func (c *Conn) Delete(ctx context.Context, ns Namespace, index int) error {
	req := nl.NewNetlinkRequest(unix.RTM_DELLINK, 0)
	ns.address(req, index)
	_, err := c.execute(ctx, request{op: "delete link " + strconv.Itoa(index) + ns.suffix(), message: req})
	return ns.gone(err)
}

func (c *Conn) change(ctx context.Context, what string, index int, attr *nl.RtAttr) error {
	req := nl.NewNetlinkRequest(unix.RTM_SETLINK, 0)
	Host.address(req, index)
	req.AddData(attr)
	_, err := c.execute(ctx, request{op: what + " on link " + strconv.Itoa(index), message: req})
	return err
}
