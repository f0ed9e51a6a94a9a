// Package ethtool reads and sets what a network device's driver has of its own:
// features (offloads), private flags, the sizes of rings, channels, coalescing.
//
// It speaks through one ioctl, SIOCETHTOOL, on a Unix socket, which any socket
// answers. The libraries for this either open an IP socket or generic netlink,
// over which devlink, WireGuard, MACsec and others are reached too, and which a
// system call filter cannot tell apart: netagent's sandbox forbids both. The
// ioctl names a device by its name: whoever acts by index looks the name up just
// before.
package ethtool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sizeofWord is the size of what most of ethtool's structures are made of.
const sizeofWord = 4

// Device is a network device of the network namespace in which it was opened.
type Device struct {
	fd   int
	name string
}

// Open returns the device of the calling thread's network namespace that has
// that name. Whether there is one shows when it is asked.
func Open(name string) (*Device, error) {
	if name == "" || len(name) >= unix.IFNAMSIZ {
		return nil, fmt.Errorf("interface name of %d bytes", len(name))
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open a socket for ethtool: %w", err)
	}
	return &Device{fd: fd, name: name}, nil
}

// Close gives the socket back.
func (d *Device) Close() error { return unix.Close(d.fd) }

// request is struct ifreq (linux/if.h) as ethtool's ioctl has it.
type request struct {
	name [unix.IFNAMSIZ]byte
	data unsafe.Pointer
	_    [16]byte // of the other requests
}

// do has the kernel read and answer one of ethtool's structures: message starts
// with the number of the command.
func (d *Device) do(message []byte) error {
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&message[0])
	r := request{data: unsafe.Pointer(&message[0])} //nolint:gosec // the kernel takes the structure's address
	copy(r.name[:], d.name)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(d.fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&r))) //nolint:gosec // and that of the request
	if errno != 0 {
		return errno
	}
	return nil
}

// words makes a structure of 32-bit words.
func words(of ...uint32) []byte {
	var b []byte
	for _, w := range of {
		b = binary.NativeEndian.AppendUint32(b, w)
	}
	return b
}

func word(b []byte, i int) uint32 { return binary.NativeEndian.Uint32(b[i*sizeofWord:]) }

func setWord(b []byte, i int, v uint32) { binary.NativeEndian.PutUint32(b[i*sizeofWord:], v) }

// absent says whether the device's driver does not have what it was asked for.
func absent(err error) bool {
	return errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOTTY)
}
