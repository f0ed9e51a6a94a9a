package rtnl

import (
	"encoding/binary"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Settings of a link that are numbers, by their attributes (linux/if_link.h).
// The last two are younger than others: Linux 6.3.
const (
	TxQueueLen     = unix.IFLA_TXQLEN
	GSOMaxSize     = unix.IFLA_GSO_MAX_SIZE
	GROMaxSize     = unix.IFLA_GRO_MAX_SIZE
	TSOMaxSize     = unix.IFLA_TSO_MAX_SIZE // the bound of gso sizes
	GSOIPv4MaxSize = unix.IFLA_GSO_IPV4_MAX_SIZE
	GROIPv4MaxSize = unix.IFLA_GRO_IPV4_MAX_SIZE
)

// Tuning is how a link is set.
type Tuning struct {
	Flags      uint32 // IFF_*
	attributes attributes
}

// Value returns a setting, if the kernel has it.
func (t Tuning) Value(attr uint16) (value uint32, ok bool) {
	b := t.attributes[attr]
	if len(b) != 4 {
		return 0, false
	}
	return binary.NativeEndian.Uint32(b), true
}

// TuningOf reads how a link is set.
func TuningOf(index int32) (Tuning, error) {
	msgs, err := getTuning(index).Execute(unix.NETLINK_ROUTE, unix.RTM_NEWLINK)
	if err != nil {
		return Tuning{}, err
	}
	if len(msgs) != 1 {
		return Tuning{}, fmt.Errorf("%d links in the kernel's answer", len(msgs))
	}
	return parseTuning(msgs[0])
}

// SetValue sets one of a link's settings.
func SetValue(index int32, attr uint16, value uint32) error {
	return act(setValue(index, attr, value))
}

// SetFlag turns a flag of a link on or off.
func SetFlag(index int32, flag uint32, on bool) error {
	return act(setFlag(index, flag, on))
}

func getTuning(index int32) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_GETLINK, 0)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = index
	req.AddData(msg)
	return req
}

func setValue(index int32, attr uint16, value uint32) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_SETLINK, unix.NLM_F_ACK)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = index
	req.AddData(msg)
	req.AddData(nl.NewRtAttr(int(attr), nl.Uint32Attr(value)))
	return req
}

func setFlag(index int32, flag uint32, on bool) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_SETLINK, unix.NLM_F_ACK)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = index
	msg.Change = flag
	if on {
		msg.Flags = flag
	}
	req.AddData(msg)
	return req
}

func parseTuning(b []byte) (Tuning, error) {
	if len(b) < unix.SizeofIfInfomsg {
		return Tuning{}, fmt.Errorf("link of %d bytes in the kernel's answer", len(b))
	}
	attrs, err := parseAttributes(b[unix.SizeofIfInfomsg:])
	return Tuning{Flags: nl.DeserializeIfInfomsg(b).Flags, attributes: attrs}, err
}
