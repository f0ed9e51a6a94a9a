package rtnl

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Route goes through a link. Two that the kernel tells apart are not equal.
type Route struct {
	Destination netip.Prefix
	// Gateway and Source: the zero Addr is none.
	Gateway, Source netip.Addr
	// Scope in the kernel's numbers, 0 for all of v6.
	Scope uint8
	// Metric is not 0 for v6.
	Metric uint32
	// MTU of 0 is that of the link.
	MTU    uint32
	Table  uint32
	OnLink bool
	// Origin is the mark of whoever made it (rtm_protocol).
	Origin uint8
}

// Routes returns those through a link and no other, v4 and v6, of all tables.
func Routes(index int32) ([]Route, error) {
	var all []Route
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		msgs, err := dump(func() *nl.NetlinkRequest { return getRoutes(family) }, unix.RTM_NEWROUTE)
		if err != nil {
			return nil, err
		}
		for _, b := range msgs {
			r, through, err := parseRoute(b)
			if err != nil {
				return nil, err
			}
			if through == index {
				all = append(all, r)
			}
		}
	}
	return all, nil
}

// AddRoute makes a route. It is EEXIST when there is one to the destination with
// the same metric in the table, through whatever link.
func AddRoute(index int32, r Route) error {
	return act(routeRequest(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_EXCL, index, r))
}

// ReplaceRoute makes a route and takes the other one away that AddRoute would fail
// for.
func ReplaceRoute(index int32, r Route) error {
	return act(routeRequest(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, index, r))
}

// DeleteRoute removes a route through the link. It is ESRCH when there is none.
func DeleteRoute(index int32, r Route) error {
	return act(routeRequest(unix.RTM_DELROUTE, 0, index, r))
}

func getRoutes(family int) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_GETROUTE, unix.NLM_F_DUMP)
	req.AddData(&nl.RtMsg{RtMsg: unix.RtMsg{Family: uint8(family)}})
	return req
}

func routeRequest(typ, flags int, index int32, r Route) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(typ, flags|unix.NLM_F_ACK)
	msg := &nl.RtMsg{RtMsg: unix.RtMsg{
		Family: family(r.Destination.Addr()), Dst_len: uint8(r.Destination.Bits()),
		Protocol: r.Origin, Scope: r.Scope, Type: unix.RTN_UNICAST,
	}}
	if r.OnLink {
		msg.Flags = unix.RTNH_F_ONLINK
	}
	req.AddData(msg)
	req.AddData(nl.NewRtAttr(unix.RTA_TABLE, nl.Uint32Attr(r.Table)))
	req.AddData(nl.NewRtAttr(unix.RTA_DST, r.Destination.Addr().AsSlice()))
	req.AddData(nl.NewRtAttr(unix.RTA_OIF, nl.Uint32Attr(uint32(index))))
	req.AddData(nl.NewRtAttr(unix.RTA_PRIORITY, nl.Uint32Attr(r.Metric)))
	if r.Gateway.IsValid() {
		req.AddData(nl.NewRtAttr(unix.RTA_GATEWAY, r.Gateway.AsSlice()))
	}
	if r.Source.IsValid() {
		req.AddData(nl.NewRtAttr(unix.RTA_PREFSRC, r.Source.AsSlice()))
	}
	if r.MTU != 0 {
		metrics := nl.NewRtAttr(unix.RTA_METRICS, nil)
		metrics.AddRtAttr(unix.RTAX_MTU, nl.Uint32Attr(r.MTU))
		req.AddData(metrics)
	}
	return req
}

// parseRoute reads a route and the index of its link, 0 for one that has none or
// several.
func parseRoute(b []byte) (r Route, through int32, err error) {
	if len(b) < unix.SizeofRtMsg {
		return r, 0, fmt.Errorf("route of %d bytes in the kernel's answer", len(b))
	}
	msg := nl.DeserializeRtMsg(b)
	attrs, err := parseAttributes(b[unix.SizeofRtMsg:])
	if err != nil {
		return r, 0, err
	}
	through = int32(attrs.number(unix.RTA_OIF))
	if through == 0 || msg.Family != unix.AF_INET && msg.Family != unix.AF_INET6 {
		return r, 0, nil // not one of podlink's
	}
	r = Route{
		Scope: msg.Scope, Metric: attrs.number(unix.RTA_PRIORITY), Table: attrs.number(unix.RTA_TABLE),
		OnLink: msg.Flags&unix.RTNH_F_ONLINK != 0, Origin: msg.Protocol,
	}
	if r.Destination, err = attrs.prefix(unix.RTA_DST, msg.Family, msg.Dst_len); err != nil {
		return r, 0, err
	}
	if r.Gateway, err = attrs.address(unix.RTA_GATEWAY); err != nil {
		return r, 0, err
	}
	if r.Source, err = attrs.address(unix.RTA_PREFSRC); err != nil {
		return r, 0, err
	}
	metrics, err := parseAttributes(attrs[unix.RTA_METRICS])
	if err != nil {
		return r, 0, err
	}
	r.MTU = metrics.number(unix.RTAX_MTU)
	return r, through, nil
}

// prefix returns an attribute that is a subnet; where it is not there, the one
// that holds all addresses of the family.
func (a attributes) prefix(attr uint16, family, bits uint8) (netip.Prefix, error) {
	address, err := a.address(attr)
	if err != nil {
		return netip.Prefix{}, err
	}
	if !address.IsValid() {
		address = netip.IPv6Unspecified()
		if family == unix.AF_INET {
			address = netip.IPv4Unspecified()
		}
	}
	return netip.PrefixFrom(address, int(bits)), nil
}
