package rtnl

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// The attributes of a rule (linux/fib_rules.h).
const (
	fraDst      = 1
	fraSrc      = 2
	fraPriority = 6
	fraFwmark   = 10
	fraTable    = 15
	fraProtocol = 21
	// toTable is FR_ACT_TO_TBL, what a rule does.
	toTable = 1
)

// Rule sends what it matches to a table.
type Rule struct {
	// Family is AF_INET or AF_INET6.
	Family   uint8
	Priority uint32
	// Source and Destination: the zero Prefix is any.
	Source, Destination netip.Prefix
	// Mark of 0 is any.
	Mark  uint32
	Table uint32
	// Origin is the mark of whoever made it; 0 is unknown.
	Origin uint8
}

// Rules returns those of a family (AF_INET, AF_INET6).
func Rules(family uint8) ([]Rule, error) {
	msgs, err := dump(func() *nl.NetlinkRequest {
		req := nl.NewNetlinkRequest(unix.RTM_GETRULE, unix.NLM_F_DUMP)
		req.AddData(&nl.RtMsg{RtMsg: unix.RtMsg{Family: family}})
		return req
	}, unix.RTM_NEWRULE)
	if err != nil {
		return nil, err
	}
	var all []Rule
	for _, b := range msgs {
		r, err := parseRule(b)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// AddRule makes a rule. It is EEXIST when there is the same one.
func AddRule(r Rule) error {
	return act(ruleRequest(unix.RTM_NEWRULE, unix.NLM_F_CREATE|unix.NLM_F_EXCL, r))
}

// DeleteRule removes a rule. It is ENOENT when there is none.
func DeleteRule(r Rule) error {
	return act(ruleRequest(unix.RTM_DELRULE, 0, r))
}

// ruleRequest has struct fib_rule_hdr, which is laid out as struct rtmsg is.
func ruleRequest(typ, flags int, r Rule) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(typ, flags|unix.NLM_F_ACK)
	msg := &nl.RtMsg{RtMsg: unix.RtMsg{Family: r.Family, Type: toTable}}
	req.AddData(msg)
	req.AddData(nl.NewRtAttr(fraPriority, nl.Uint32Attr(r.Priority)))
	req.AddData(nl.NewRtAttr(fraTable, nl.Uint32Attr(r.Table)))
	req.AddData(nl.NewRtAttr(fraProtocol, []byte{r.Origin}))
	if r.Source.IsValid() {
		msg.Src_len = uint8(r.Source.Bits())
		req.AddData(nl.NewRtAttr(fraSrc, r.Source.Addr().AsSlice()))
	}
	if r.Destination.IsValid() {
		msg.Dst_len = uint8(r.Destination.Bits())
		req.AddData(nl.NewRtAttr(fraDst, r.Destination.Addr().AsSlice()))
	}
	if r.Mark != 0 {
		req.AddData(nl.NewRtAttr(fraFwmark, nl.Uint32Attr(r.Mark)))
	}
	return req
}

func parseRule(b []byte) (r Rule, err error) {
	if len(b) < unix.SizeofRtMsg {
		return r, fmt.Errorf("rule of %d bytes in the kernel's answer", len(b))
	}
	msg := nl.DeserializeRtMsg(b)
	attrs, err := parseAttributes(b[unix.SizeofRtMsg:])
	if err != nil {
		return r, err
	}
	r = Rule{Family: msg.Family, Priority: attrs.number(fraPriority), Mark: attrs.number(fraFwmark), Table: attrs.number(fraTable)}
	if p := attrs[fraProtocol]; len(p) == 1 {
		r.Origin = p[0]
	}
	if r.Source, err = attrs.optionalPrefix(fraSrc, msg.Src_len); err != nil {
		return r, err
	}
	r.Destination, err = attrs.optionalPrefix(fraDst, msg.Dst_len)
	return r, err
}

// optionalPrefix returns an attribute that is a subnet; the zero Prefix when it is
// not there.
func (a attributes) optionalPrefix(attr uint16, bits uint8) (netip.Prefix, error) {
	address, err := a.address(attr)
	if err != nil || !address.IsValid() {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(address, int(bits)), nil
}
