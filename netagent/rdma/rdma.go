// Package rdma reads the node's RDMA devices: from the kernel over NETLINK_RDMA,
// and from sysfs what it tells only there. All that it changes of one is the network
// namespace that it belongs to, and its name.
//
// A device may go at any moment: what cannot be read of one is absent, and one
// that is gone between two requests is not in the answer. In shared mode the
// kernel shows all devices in every network namespace; in exclusive mode only
// those of netagent's own.
package rdma

import (
	"errors"
	"fmt"
	"io/fs"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/sysfs"
)

// ErrNotFound is an RDMA device that the node does not have.
var ErrNotFound = errors.New("no such RDMA device")

// Device is one RDMA device. What it has by port is its first port's.
type Device struct {
	Name        string // such as mlx5_0
	NodeGUID    string // 0000:0000:0000:0000
	Firmware    string // empty for software devices
	LinkLayer   string // Ethernet or InfiniBand
	PortState   string // as in sysfs: DOWN, INIT, ARMED, ACTIVE, ACTIVE_DEFER
	Netdev      string // link of netagent's namespace that it works over
	PCI         *netagentv1.PciFunction
	CharDevices []*netagentv1.CharDevice // sorted by path

	// Index stays the same as long as the device is there, under any name and in
	// any namespace.
	Index uint32
}

// Reader reads devices. It may be used by many goroutines.
type Reader struct {
	files fs.FS
	sys   sysfs.FS
}

// New returns a Reader; files is sysfs, such as os.DirFS("/sys").
func New(files fs.FS) *Reader { return &Reader{files: files, sys: sysfs.New(files)} }

// Exclusive says whether each RDMA device belongs to one network namespace. A
// kernel without RDMA has none that do.
func (r *Reader) Exclusive() (bool, error) {
	replies, err := ask(systemGet, 0)
	if err != nil || len(replies) == 0 {
		return false, unlessLacking(err)
	}
	return parseExclusive(replies[0])
}

// Devices returns all that the kernel shows, in its order.
func (r *Reader) Devices() ([]Device, error) {
	replies, err := dump(deviceGet)
	if err != nil {
		return nil, unlessLacking(err)
	}
	var devices []Device
	for _, reply := range replies {
		d, err := parseDevice(reply)
		if err != nil {
			return nil, err
		}
		found, err := r.complete(&d)
		if err != nil {
			return nil, err
		}
		if found {
			devices = append(devices, d)
		}
	}
	return devices, nil
}

// Device returns one device, or [ErrNotFound].
func (r *Reader) Device(name string) (Device, error) {
	devices, err := r.Devices()
	if err != nil {
		return Device{}, err
	}
	for _, d := range devices {
		if d.Name == name {
			return d, nil
		}
	}
	return Device{}, fmt.Errorf("%w: %s", ErrNotFound, name)
}

// complete reads the device's first port and its files. It says no when the
// device has gone.
func (r *Reader) complete(d *Device) (bool, error) {
	replies, err := dump(portGet, indexAttr(d.Index))
	if isGone(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if len(replies) > 0 {
		if err := d.parsePort(replies[0]); err != nil {
			return false, err
		}
	}
	r.readFiles(d)
	return true, nil
}
