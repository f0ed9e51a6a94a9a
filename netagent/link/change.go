package link

import (
	"context"
	"errors"
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
	req := nl.NewNetlinkRequest(unix.RTM_NEWLINK, 0)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index, msg.Flags, msg.Change = int32(index), unix.IFF_UP, unix.IFF_UP
	req.AddData(msg)
	_, err := c.execute(ctx, request{op: "set link " + strconv.Itoa(index) + " up", message: req})
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
