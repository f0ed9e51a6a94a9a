package rtnl

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// ndaProtocol is NDA_PROTOCOL (linux/neighbour.h, since 5.2): who set a neighbour.
const ndaProtocol = 12

// Neighbor is a permanent neighbour on a link.
type Neighbor struct {
	Address netip.Addr
	MAC     net.HardwareAddr
	// Origin is the mark of whoever set it; 0 is unknown.
	Origin uint8
}

// Neighbors returns the permanent ones of a link, v4 and v6.
func Neighbors(index int32) ([]Neighbor, error) {
	msgs, err := dump(getNeighbors, unix.RTM_NEWNEIGH)
	if err != nil {
		return nil, err
	}
	var all []Neighbor
	for _, b := range msgs {
		n, of, err := parseNeighbor(b)
		if err != nil {
			return nil, err
		}
		if of == index {
			all = append(all, n)
		}
	}
	return all, nil
}

// SetNeighbor adds a permanent neighbour, or makes of what is there one with this
// hardware address.
func SetNeighbor(index int32, n Neighbor) error {
	return act(setNeighbor(index, n))
}

// DeleteNeighbor removes a neighbour. It is ENOENT when there is none.
func DeleteNeighbor(index int32, n Neighbor) error {
	return act(neighborRequest(unix.RTM_DELNEIGH, 0, index, n.Address))
}

func getNeighbors() *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_GETNEIGH, unix.NLM_F_DUMP)
	req.AddData(ndMsg{})
	return req
}

func setNeighbor(index int32, n Neighbor) *nl.NetlinkRequest {
	req := neighborRequest(unix.RTM_NEWNEIGH, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, index, n.Address)
	req.AddData(nl.NewRtAttr(unix.NDA_LLADDR, n.MAC))
	req.AddData(nl.NewRtAttr(ndaProtocol, []byte{n.Origin}))
	return req
}

func neighborRequest(typ, flags int, index int32, address netip.Addr) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(typ, flags|unix.NLM_F_ACK)
	req.AddData(ndMsg{family: family(address), index: index, state: unix.NUD_PERMANENT})
	req.AddData(nl.NewRtAttr(unix.NDA_DST, address.AsSlice()))
	return req
}

// ndMsg is what struct ndmsg (linux/neighbour.h) has that is used here.
type ndMsg struct {
	family uint8
	index  int32
	state  uint16
}

// Len is that of the struct.
func (ndMsg) Len() int { return unix.SizeofNdMsg }

// Serialize writes the struct: family, three bytes of padding, index, state, and
// two bytes of flags and type that are 0 here.
func (m ndMsg) Serialize() []byte {
	b := []byte{m.family, 0, 0, 0}
	b = binary.NativeEndian.AppendUint32(b, uint32(m.index))
	b = binary.NativeEndian.AppendUint16(b, m.state)
	return append(b, 0, 0)
}

// parseNeighbor reads a neighbour and the index of its link, 0 for one that is not
// permanent or of another family.
func parseNeighbor(b []byte) (n Neighbor, of int32, err error) {
	if len(b) < unix.SizeofNdMsg {
		return n, 0, fmt.Errorf("neighbour of %d bytes in the kernel's answer", len(b))
	}
	state := binary.NativeEndian.Uint16(b[8:])
	if b[0] != unix.AF_INET && b[0] != unix.AF_INET6 || state&unix.NUD_PERMANENT == 0 {
		return n, 0, nil
	}
	attrs, err := parseAttributes(b[unix.SizeofNdMsg:])
	if err != nil {
		return n, 0, err
	}
	if n.Address, err = attrs.address(unix.NDA_DST); err != nil {
		return n, 0, err
	}
	n.MAC = attrs[unix.NDA_LLADDR]
	if p := attrs[ndaProtocol]; len(p) == 1 {
		n.Origin = p[0]
	}
	return n, int32(binary.NativeEndian.Uint32(b[4:])), nil
}
