package link

import (
	"context"
	"encoding/binary"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Set is a set of link indexes.
type Set map[int]bool

// wideBits is the longest prefix of a route that counts as a default route: some
// are made of two halves (0.0.0.0/1 and 128.0.0.0/1), or of what the internet's
// IPv6 is (2000::/3).
const wideBits = 3

// routeObject is a route's attribute with the number of its nexthop object
// (linux/rtnetlink.h: RTA_NH_ID).
const routeObject = 30

// Routed returns the host's links that carry a default route, IPv4 or IPv6, in
// any table: a table of a rule moves the node's packets as the main one does.
func (c *Conn) Routed(ctx context.Context) (Set, error) {
	req := nl.NewNetlinkRequest(unix.RTM_GETROUTE, unix.NLM_F_DUMP)
	req.AddRawData(make([]byte, unix.SizeofRtMsg))
	var objects []uint32
	set, err := c.collect(ctx, request{op: "list routes", message: req, reply: unix.RTM_NEWROUTE}, func(b []byte) ([]int, error) {
		links, object, err := parseDefaultRoute(b)
		if object != 0 {
			objects = append(objects, object)
		}
		return links, err
	})
	if err != nil || len(objects) == 0 {
		return set, err
	}
	all, err := c.nexthops(ctx)
	for _, o := range objects {
		all.addLinks(set, o)
	}
	return set, err
}

// Addressed returns the host's links that have an address of wider than link
// scope.
func (c *Conn) Addressed(ctx context.Context) (Set, error) {
	req := nl.NewNetlinkRequest(unix.RTM_GETADDR, unix.NLM_F_DUMP)
	req.AddRawData(make([]byte, unix.SizeofIfAddrmsg))
	r := request{op: "list addresses", message: req, reply: unix.RTM_NEWADDR}
	return c.collect(ctx, r, parseAddress)
}

func (c *Conn) collect(ctx context.Context, r request, parse func([]byte) ([]int, error)) (Set, error) {
	replies, err := c.dump(ctx, r)
	if err != nil {
		return nil, err
	}
	set := Set{}
	for _, b := range replies {
		indexes, err := parse(b)
		if err != nil {
			return nil, err
		}
		for _, i := range indexes {
			set[i] = true
		}
	}
	return set, nil
}

// parseDefaultRoute returns the links that a route leaves by if it is a default
// route, else none. A route of a nexthop object may tell only the object's number.
func parseDefaultRoute(b []byte) (links []int, object uint32, err error) {
	if len(b) < unix.SizeofRtMsg {
		return nil, 0, errTruncated
	}
	family, dstLen, typ := b[0], b[1], b[7]
	if family != unix.AF_INET && family != unix.AF_INET6 || dstLen > wideBits || typ != unix.RTN_UNICAST {
		return nil, 0, nil
	}
	err = walk(b[unix.SizeofRtMsg:], func(typ uint16, v []byte) error {
		switch typ {
		case unix.RTA_OIF:
			links = append(links, int(s32(v)))
		case unix.RTA_MULTIPATH:
			hops, err := parseNexthops(v)
			links = append(links, hops...)
			return err
		case routeObject:
			object = u32(v)
		}
		return nil
	})
	return links, object, err
}

func parseNexthops(b []byte) ([]int, error) {
	var out []int
	for len(b) > 0 {
		if len(b) < unix.SizeofRtNexthop {
			return nil, errTruncated
		}
		n := int(binary.NativeEndian.Uint16(b))
		if n < unix.SizeofRtNexthop || n > len(b) {
			return nil, errTruncated
		}
		out = append(out, int(s32(b[4:])))
		b = b[min(aligned(n), len(b)):]
	}
	return out, nil
}

// parseAddress returns the link of an address of wider than link scope, else
// none.
func parseAddress(b []byte) ([]int, error) {
	if len(b) < unix.SizeofIfAddrmsg {
		return nil, errTruncated
	}
	if scope := b[3]; scope >= unix.RT_SCOPE_LINK {
		return nil, nil
	}
	return []int{int(u32(b[4:]))}, nil
}

// Above returns a link, what stands on it (VLANs), what it is a port of
// (bridges), and so on upwards.
func Above(links []Link, index int) Set {
	stack := Set{index: true}
	for size := 0; size != len(stack); {
		size = len(stack)
		for _, l := range links {
			if stack[l.Parent] && !l.ParentElsewhere {
				stack[l.Index] = true
			}
			if stack[l.Index] && l.Master != 0 {
				stack[l.Master] = true
			}
		}
	}
	return stack
}
