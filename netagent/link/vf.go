package link

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strconv"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// vfData asks for the settings of virtual functions, without their statistics
// (linux/rtnetlink.h: RTEXT_FILTER_VF, RTEXT_FILTER_SKIP_STATS).
const vfData = 1<<0 | 1<<3

// vfUnknown is what the kernel tells of a setting that the card does not have.
const vfUnknown = 1<<32 - 1

// Protocols of a VLAN, as of the wire.
const (
	VLAN8021Q  = unix.ETH_P_8021Q
	VLAN8021AD = unix.ETH_P_8021AD
)

// VFLinkState is the kernel's IFLA_VF_LINK_STATE_*.
type VFLinkState uint32

// The states, see linux/if_link.h.
const (
	VFLinkAuto VFLinkState = iota
	VFLinkEnable
	VFLinkDisable
)

// VF is what a physical function's card keeps of one of its virtual ones.
type VF struct {
	MAC  net.HardwareAddr // zero: none was given
	VLAN VLAN
	Rate Rate
	// Nil: the card does not have the setting.
	SpoofCheck, Trust *bool
	LinkState         VFLinkState
}

// VLAN is the one that a card tags all of a virtual function's traffic with.
type VLAN struct {
	ID       uint32 // 0: none
	QoS      uint32
	Protocol uint16
}

// Rate bounds what a virtual function sends, in Mbit/s; 0 is no bound.
type Rate struct{ Min, Max uint32 }

// VFs returns the virtual functions of a link of the host, by index. It costs
// up to 2 ms for each of them.
func (c *Conn) VFs(ctx context.Context, index int) (map[int]VF, error) {
	req := getLink(Host, index, 0)
	req.AddData(nl.NewRtAttr(unix.IFLA_EXT_MASK, nl.Uint32Attr(vfData)))
	r := request{op: "read the virtual functions of link " + strconv.Itoa(index), message: req, reply: unix.RTM_NEWLINK}
	replies, err := c.execute(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(replies) != 1 {
		return nil, &Error{Op: r.op, Err: errTruncated}
	}
	return parseVFs(replies[0])
}

func parseVFs(b []byte) (map[int]VF, error) {
	if len(b) < unix.SizeofIfInfomsg {
		return nil, errTruncated
	}
	vfs := map[int]VF{}
	err := walk(b[unix.SizeofIfInfomsg:], func(typ uint16, v []byte) error {
		if typ != unix.IFLA_VFINFO_LIST {
			return nil
		}
		return walk(v, func(_ uint16, v []byte) error {
			info := vfInfo{index: -1}
			if err := walk(v, info.attribute); err != nil {
				return err
			}
			if info.index >= 0 {
				vfs[info.index] = info.vf
			}
			return nil
		})
	})
	return vfs, err
}

// vfInfo is one function while it is read. Each of its attributes begins with
// the function's index.
type vfInfo struct {
	index int
	vf    VF
}

func (i *vfInfo) attribute(typ uint16, v []byte) error {
	if typ == nl.IFLA_VF_VLAN_LIST {
		return walk(v, func(_ uint16, v []byte) error { return i.vlan(v) })
	}
	if len(v) < 8 {
		return nil
	}
	value := u32(v[4:])
	switch typ {
	case nl.IFLA_VF_MAC:
		i.index = int(u32(v))
		i.vf.MAC = append(net.HardwareAddr(nil), v[4:min(len(v), 4+6)]...)
	case nl.IFLA_VF_RATE:
		if len(v) >= 12 {
			i.vf.Rate = Rate{Min: value, Max: u32(v[8:])}
		}
	case nl.IFLA_VF_SPOOFCHK:
		i.vf.SpoofCheck = onOff(value)
	case nl.IFLA_VF_TRUST:
		i.vf.Trust = onOff(value)
	case nl.IFLA_VF_LINK_STATE:
		i.vf.LinkState = VFLinkState(value)
	}
	return nil
}

// vlan reads the first VLAN of the list, which is the only one that there is.
func (i *vfInfo) vlan(v []byte) error {
	if len(v) < 14 {
		return errTruncated
	}
	i.vf.VLAN = VLAN{ID: u32(v[4:]), QoS: u32(v[8:]), Protocol: binary.BigEndian.Uint16(v[12:])}
	return nil
}

func onOff(value uint32) *bool {
	if value == vfUnknown {
		return nil
	}
	on := value != 0
	return &on
}

// SetVFMAC gives a virtual function its address; zero lets it choose its own.
func (c *Conn) SetVFMAC(ctx context.Context, index, vf int, mac net.HardwareAddr) error {
	value := make([]byte, 4+32)
	binary.NativeEndian.PutUint32(value, uint32(vf))
	copy(value[4:], mac)
	return c.setVF(ctx, "MAC "+mac.String(), index, vf, nl.NewRtAttr(nl.IFLA_VF_MAC, value))
}

// SetVFVLAN sets the VLAN of a virtual function.
func (c *Conn) SetVFVLAN(ctx context.Context, index, vf int, vlan VLAN) error {
	value := make([]byte, 16)
	binary.NativeEndian.PutUint32(value, uint32(vf))
	binary.NativeEndian.PutUint32(value[4:], vlan.ID)
	binary.NativeEndian.PutUint32(value[8:], vlan.QoS)
	binary.BigEndian.PutUint16(value[12:], vlan.Protocol)
	list := nl.NewRtAttr(nl.IFLA_VF_VLAN_LIST|unix.NLA_F_NESTED, nil)
	list.AddRtAttr(nl.IFLA_VF_VLAN_INFO, value)
	return c.setVF(ctx, "VLAN "+strconv.Itoa(int(vlan.ID)), index, vf, list)
}

// SetVFRate bounds what a virtual function sends.
func (c *Conn) SetVFRate(ctx context.Context, index, vf int, rate Rate) error {
	return c.setVFNumbers(ctx, "rate", index, vf, nl.IFLA_VF_RATE, rate.Min, rate.Max)
}

// SetVFSpoofCheck has the card drop what a virtual function sends under an
// address that it does not have.
func (c *Conn) SetVFSpoofCheck(ctx context.Context, index, vf int, on bool) error {
	return c.setVFNumbers(ctx, "spoof check", index, vf, nl.IFLA_VF_SPOOFCHK, number(on))
}

// SetVFTrust lets a virtual function change its address and hear everything.
func (c *Conn) SetVFTrust(ctx context.Context, index, vf int, on bool) error {
	return c.setVFNumbers(ctx, "trust", index, vf, nl.IFLA_VF_TRUST, number(on))
}

// SetVFLinkState says what carrier a virtual function sees.
func (c *Conn) SetVFLinkState(ctx context.Context, index, vf int, s VFLinkState) error {
	return c.setVFNumbers(ctx, "link state", index, vf, nl.IFLA_VF_LINK_STATE, uint32(s))
}

func (c *Conn) setVFNumbers(ctx context.Context, what string, index, vf, typ int, values ...uint32) error {
	b := binary.NativeEndian.AppendUint32(nil, uint32(vf))
	for _, v := range values {
		b = binary.NativeEndian.AppendUint32(b, v)
	}
	return c.setVF(ctx, what, index, vf, nl.NewRtAttr(typ, b))
}

func (c *Conn) setVF(ctx context.Context, what string, index, vf int, setting *nl.RtAttr) error {
	list := nl.NewRtAttr(unix.IFLA_VFINFO_LIST|unix.NLA_F_NESTED, nil)
	list.AddRtAttr(nl.IFLA_VF_INFO|unix.NLA_F_NESTED, nil).AddChild(setting)
	return c.change(ctx, "set "+what+" of virtual function "+strconv.Itoa(vf), index, list)
}

func number(on bool) uint32 {
	if on {
		return 1
	}
	return 0
}

// String is the VLAN as people write it.
func (v VLAN) String() string {
	if v.ID == 0 {
		return "none"
	}
	protocol := "802.1Q"
	if v.Protocol == VLAN8021AD {
		protocol = "802.1ad"
	}
	return fmt.Sprintf("%d qos %d %s", v.ID, v.QoS, protocol)
}
