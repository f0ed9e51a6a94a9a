package rdma

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Requests, see enum rdma_nldev_command in rdma/rdma_netlink.h.
const (
	deviceGet = nl.RDMA_NLDEV_CMD_GET
	portGet   = 5 // RDMA_NLDEV_CMD_PORT_GET
	systemGet = nl.RDMA_NLDEV_CMD_SYS_GET
)

// dumpTries is how often a list is asked for that changes while it is read.
const dumpTries = 8

// shared is the value of RDMA_NLDEV_SYS_ATTR_NETNS_MODE that is not exclusive.
const shared = 1

// portStates are the words of enum ib_port_state, as sysfs has them.
var portStates = []string{"NOP", "DOWN", "INIT", "ARMED", "ACTIVE", "ACTIVE_DEFER"}

// ask executes one request and returns the payloads of its answer. RDMA devices
// are asked for seldom: each request has a socket of its own.
func ask(command int, flags int, attrs ...*nl.RtAttr) ([][]byte, error) {
	req := nl.NewNetlinkRequest(nl.RDMA_NL_NLDEV<<nl.RDMA_NL_GET_CLIENT_SHIFT|command, unix.NLM_F_ACK|flags)
	for _, a := range attrs {
		req.AddData(a)
	}
	replies, err := req.Execute(unix.NETLINK_RDMA, 0)
	if err != nil {
		return nil, fmt.Errorf("RDMA netlink request %d: %w", command, err)
	}
	return replies, nil
}

// dump asks for a list until it is whole.
func dump(command int, attrs ...*nl.RtAttr) (replies [][]byte, err error) {
	for range dumpTries {
		replies, err = ask(command, unix.NLM_F_DUMP, attrs...)
		if !errors.Is(err, nl.ErrDumpInterrupted) {
			return replies, err
		}
	}
	return nil, err
}

func indexAttr(index uint32) *nl.RtAttr {
	return nl.NewRtAttr(nl.RDMA_NLDEV_ATTR_DEV_INDEX, nl.Uint32Attr(index))
}

// unlessLacking takes a kernel without RDMA for one without devices.
func unlessLacking(err error) error {
	if errors.Is(err, unix.EPROTONOSUPPORT) {
		return nil
	}
	return err
}

func isGone(err error) bool {
	return errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINVAL)
}

func parseDevice(b []byte) (d Device, err error) {
	err = each(b, func(a syscall.NetlinkRouteAttr) {
		switch a.Attr.Type {
		case nl.RDMA_NLDEV_ATTR_DEV_INDEX:
			d.Index = u32(a.Value)
		case nl.RDMA_NLDEV_ATTR_DEV_NAME:
			d.Name = text(a.Value)
		case nl.RDMA_NLDEV_ATTR_FW_VERSION:
			d.Firmware = text(a.Value)
		case nl.RDMA_NLDEV_ATTR_NODE_GUID:
			d.NodeGUID = guid(a.Value)
		}
	})
	if err == nil && d.Name == "" {
		err = errors.New("RDMA device without a name")
	}
	return d, err
}

func (d *Device) parsePort(b []byte) error {
	return each(b, func(a syscall.NetlinkRouteAttr) {
		switch a.Attr.Type {
		case nl.RDMA_NLDEV_ATTR_PORT_STATE:
			if len(a.Value) > 0 && int(a.Value[0]) < len(portStates) {
				d.PortState = portStates[a.Value[0]]
			}
		case nl.RDMA_NLDEV_ATTR_NDEV_NAME:
			d.Netdev = text(a.Value)
		}
	})
}

// parseExclusive takes a kernel that does not tell for a shared one: it is older
// than the other mode (5.2).
func parseExclusive(b []byte) (exclusive bool, err error) {
	err = each(b, func(a syscall.NetlinkRouteAttr) {
		if a.Attr.Type == nl.RDMA_NLDEV_SYS_ATTR_NETNS_MODE && len(a.Value) > 0 {
			exclusive = a.Value[0] != shared
		}
	})
	return exclusive, err
}

func each(b []byte, visit func(syscall.NetlinkRouteAttr)) error {
	// The library's reader takes it that the last one is padded too, and panics.
	padded := append(slices.Clip(b), make([]byte, -len(b)&(unix.RTA_ALIGNTO-1))...)
	attrs, err := nl.ParseRouteAttr(padded)
	if err != nil {
		return fmt.Errorf("RDMA netlink answer: %w", err)
	}
	for _, a := range attrs {
		visit(a)
	}
	return nil
}

func u32(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(b)
}

// guid writes a GUID as sysfs does; the kernel hands it over as a number.
func guid(b []byte) string {
	if len(b) < 8 {
		return ""
	}
	n := binary.NativeEndian.Uint64(b)
	return fmt.Sprintf("%04x:%04x:%04x:%04x", n>>48, n>>32&0xffff, n>>16&0xffff, n&0xffff)
}

func text(b []byte) string { return unix.ByteSliceToString(b) }
