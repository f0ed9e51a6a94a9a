package rdma

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// kernelGroup is the multicast group in which the kernel tells of devices.
const kernelGroup = 1

// ueventSize is larger than any uevent (UEVENT_BUFFER_SIZE in linux/kobject.h).
const ueventSize = 8192

// subsystems are those that RDMA devices and their device files are of. Misc is
// that of rdma_cm.
var subsystems = [][]byte{[]byte("infiniband"), []byte("infiniband_verbs"), []byte("infiniband_mad"), []byte("misc")}

// uevents receives the kernel's news of devices, which all kernels send; the news
// of RDMA netlink are younger (6.12). They are a reason to look and nothing more:
// who sent them does not matter.
type uevents struct{ file *os.File }

func subscribe() (*uevents, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return nil, fmt.Errorf("open a uevent socket: %w", err)
	}
	f := os.NewFile(uintptr(fd), "uevents")
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: kernelGroup}); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("subscribe to uevents: %w", err)
	}
	return &uevents{file: f}, nil
}

// wait returns when RDMA devices may have changed.
func (u *uevents) wait() error {
	b := make([]byte, ueventSize)
	for {
		n, err := u.file.Read(b)
		if err != nil {
			return fmt.Errorf("receive uevents: %w", err)
		}
		if isRDMA(b[:n]) {
			return nil
		}
	}
}

func (u *uevents) close() { _ = u.file.Close() }

// isRDMA reads an event: "add@/devices/…", then fields, each ended by a zero byte.
func isRDMA(event []byte) bool {
	for field := range bytes.SplitSeq(event, []byte{0}) {
		subsystem, ok := bytes.CutPrefix(field, []byte("SUBSYSTEM="))
		if !ok {
			continue
		}
		for _, s := range subsystems {
			if bytes.Equal(subsystem, s) {
				return true
			}
		}
	}
	return false
}
