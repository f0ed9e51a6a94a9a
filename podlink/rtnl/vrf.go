package rtnl

import (
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// KindVRF is the kind of a VRF's link.
const KindVRF = "vrf"

// vrfTable is IFLA_VRF_TABLE (linux/if_link.h).
const vrfTable = 1

// AddVRF makes a VRF. It is EEXIST when there is a link of that name.
func AddVRF(name string, table uint32) error {
	return act(addVRF(name, table))
}

// SetMaster makes a link a port of another one. A link that is up goes down for a
// moment.
func SetMaster(index, master int32) error {
	return act(setMaster(index, master))
}

func addVRF(name string, table uint32) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	req.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	req.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)))
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(unix.IFLA_INFO_KIND, nl.NonZeroTerminated(KindVRF))
	info.AddRtAttr(unix.IFLA_INFO_DATA, nil).AddRtAttr(vrfTable, nl.Uint32Attr(table))
	req.AddData(info)
	return req
}

func setMaster(index, master int32) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_SETLINK, unix.NLM_F_ACK)
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = index
	req.AddData(msg)
	req.AddData(nl.NewRtAttr(unix.IFLA_MASTER, nl.Uint32Attr(uint32(master))))
	return req
}

// parseInfo reads IFLA_LINKINFO: a link's kind and, of a VRF, the table.
func parseInfo(b []byte) (kind string, table uint32, err error) {
	info, err := parseAttributes(b)
	if err != nil {
		return "", 0, err
	}
	if kind = info.text(unix.IFLA_INFO_KIND); kind != KindVRF {
		return kind, 0, nil
	}
	data, err := parseAttributes(info[unix.IFLA_INFO_DATA])
	return kind, data.number(vrfTable), err
}
