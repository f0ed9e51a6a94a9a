// Package rdmanl asks the kernel, over RDMA netlink, which RDMA devices the calling
// thread's network namespace has in exclusive mode, and which device files are
// theirs.
package rdmanl

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Of rdma/rdma_netlink.h.
const (
	chardevGet  = 15 // RDMA_NLDEV_CMD_GET_CHARDEV
	chardevType = 69 // RDMA_NLDEV_ATTR_CHARDEV_TYPE
	chardev     = 72 // RDMA_NLDEV_ATTR_CHARDEV
)

// maxDumps bounds how often a list is read that changes meanwhile.
const maxDumps = 5

// Device is an RDMA device.
type Device struct {
	Index, Ports uint32
}

// DeviceByName returns the namespace's device with that name. It is ENODEV when
// there is none.
func DeviceByName(name string) (Device, error) {
	replies, err := devices()
	if errors.Is(err, unix.EPROTONOSUPPORT) { // no RDMA in the kernel
		return Device{}, unix.ENODEV
	}
	if err != nil {
		return Device{}, err
	}
	for _, b := range replies {
		d, is, err := parseDevice(b)
		if err != nil {
			return Device{}, err
		}
		if is == name {
			return d, nil
		}
	}
	return Device{}, unix.ENODEV
}

func devices() (replies [][]byte, err error) {
	for range maxDumps {
		replies, err = request(nl.RDMA_NLDEV_CMD_GET, unix.NLM_F_DUMP).Execute(unix.NETLINK_RDMA, 0)
		if !errors.Is(err, nl.ErrDumpInterrupted) {
			return replies, err
		}
	}
	return nil, err
}

// Files returns the numbers of the device's own files: that for its users, and with
// management one for each port. Management must not be asked for where there is
// none: the kernel would load its module.
func (d Device) Files(management bool) (numbers []uint64, err error) {
	number, err := d.file("uverbs", 0)
	if err != nil {
		return nil, fmt.Errorf("device file for users: %w", err)
	}
	numbers = append(numbers, number)
	for port := uint32(1); management && port <= d.Ports; port++ {
		number, err := d.file("umad", port)
		if err != nil {
			return nil, fmt.Errorf("device file for management of port %d: %w", port, err)
		}
		numbers = append(numbers, number)
	}
	return numbers, nil
}

func (d Device) file(of string, port uint32) (uint64, error) {
	req := request(chardevGet, 0)
	req.AddData(nl.NewRtAttr(nl.RDMA_NLDEV_ATTR_DEV_INDEX, nl.Uint32Attr(d.Index)))
	req.AddData(nl.NewRtAttr(chardevType, nl.ZeroTerminated(of)))
	if port != 0 {
		req.AddData(nl.NewRtAttr(nl.RDMA_NLDEV_ATTR_PORT_INDEX, nl.Uint32Attr(port)))
	}
	replies, err := req.Execute(unix.NETLINK_RDMA, 0)
	if err != nil {
		return 0, err
	}
	if len(replies) != 1 {
		return 0, fmt.Errorf("%d device files in the kernel's answer", len(replies))
	}
	return parseFile(replies[0])
}

func request(command, flags int) *nl.NetlinkRequest {
	return nl.NewNetlinkRequest(nl.RDMA_NL_NLDEV<<nl.RDMA_NL_GET_CLIENT_SHIFT|command, flags)
}

func parseDevice(b []byte) (d Device, name string, err error) {
	attrs, err := attributes(b)
	if err != nil {
		return d, "", fmt.Errorf("RDMA device in the kernel's answer: %w", err)
	}
	for _, a := range attrs {
		switch a.Attr.Type {
		case nl.RDMA_NLDEV_ATTR_DEV_INDEX:
			d.Index = u32(a.Value)
		case nl.RDMA_NLDEV_ATTR_PORT_INDEX:
			d.Ports = u32(a.Value)
		case nl.RDMA_NLDEV_ATTR_DEV_NAME:
			name = unix.ByteSliceToString(a.Value)
		}
	}
	return d, name, nil
}

func parseFile(b []byte) (uint64, error) {
	attrs, err := attributes(b)
	if err != nil {
		return 0, fmt.Errorf("device file in the kernel's answer: %w", err)
	}
	for _, a := range attrs {
		if a.Attr.Type == chardev && len(a.Value) >= 8 {
			return binary.NativeEndian.Uint64(a.Value), nil
		}
	}
	return 0, errors.New("the kernel's answer has no device file")
}

// attributes splits an answer. The library's reader takes it that the last one is
// padded too, and panics.
func attributes(b []byte) ([]syscall.NetlinkRouteAttr, error) {
	return nl.ParseRouteAttr(append(slices.Clip(b), make([]byte, -len(b)&(unix.RTA_ALIGNTO-1))...))
}

func u32(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(b)
}
