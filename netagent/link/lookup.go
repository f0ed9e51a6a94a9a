package link

import (
	"context"
	"errors"
	"strconv"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Namespace is where a link is: [Host], or the nsid of another namespace.
type Namespace int

// Host is the namespace in which the [Conn] was dialed.
const Host Namespace = -1

// ByName looks a link up in the host namespace. The kernel also finds a link by
// an altname, so the answer's name may be another one.
func (c *Conn) ByName(ctx context.Context, name string) (Link, error) {
	req := getLink(Host, 0, 0)
	req.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)))
	return c.one(ctx, request{op: "look up link " + name, message: req, reply: unix.RTM_NEWLINK})
}

// ByIndex looks a link up. A namespace that is gone is [ErrNotFound] too.
func (c *Conn) ByIndex(ctx context.Context, ns Namespace, index int) (Link, error) {
	l, err := c.one(ctx, request{
		op:      "look up link " + strconv.Itoa(index) + ns.suffix(),
		message: getLink(ns, index, 0),
		reply:   unix.RTM_NEWLINK,
	})
	return l, ns.gone(err)
}

// List returns all links of a namespace.
func (c *Conn) List(ctx context.Context, ns Namespace) ([]Link, error) {
	replies, err := c.dump(ctx, request{
		op:      "list links" + ns.suffix(),
		message: getLink(ns, 0, unix.NLM_F_DUMP),
		reply:   unix.RTM_NEWLINK,
	})
	if err != nil {
		return nil, ns.gone(err)
	}
	links := make([]Link, len(replies))
	for i, b := range replies {
		if links[i], err = parseLink(b); err != nil {
			return nil, err
		}
	}
	return links, nil
}

func (c *Conn) one(ctx context.Context, r request) (Link, error) {
	replies, err := c.execute(ctx, r)
	if err != nil {
		return Link{}, err
	}
	if len(replies) != 1 {
		return Link{}, &Error{Op: r.op, Err: errTruncated}
	}
	return parseLink(replies[0])
}

func getLink(ns Namespace, index, flags int) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_GETLINK, flags)
	ns.address(req, index)
	return req
}

// address begins a request about one link, or with index 0 about all.
func (ns Namespace) address(req *nl.NetlinkRequest, index int) {
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = int32(index)
	req.AddData(msg)
	if ns != Host {
		req.AddData(nl.NewRtAttr(unix.IFLA_TARGET_NETNSID, nl.Uint32Attr(uint32(ns))))
	}
}

func (ns Namespace) suffix() string {
	if ns == Host {
		return ""
	}
	return " in namespace " + strconv.Itoa(int(ns))
}

// gone puts [ErrNotFound] on the kernel's answer to an nsid that it does not
// know, EINVAL.
func (ns Namespace) gone(err error) error {
	if ns == Host || !errors.Is(err, unix.EINVAL) {
		return err
	}
	return errors.Join(ErrNotFound, err)
}
