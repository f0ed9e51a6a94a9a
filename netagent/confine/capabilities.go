package confine

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// keepNetAdmin drops every capability but CAP_NET_ADMIN from the sets of all
// threads. Without CAP_SETPCAP, which the container does not have, the bounding
// set stays what the container's runtime made it.
func keepNetAdmin() error {
	if err := clearBoundingSet(); err != nil {
		return err
	}
	if _, _, errno := psx.Syscall6(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("clear the ambient set: %w", errno)
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{{Effective: 1 << unix.CAP_NET_ADMIN, Permitted: 1 << unix.CAP_NET_ADMIN}}
	_, _, errno := psx.Syscall3(unix.SYS_CAPSET,
		uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data[0])), 0) //nolint:gosec // capset(2) reads both, of these types
	if errno != 0 {
		return fmt.Errorf("keep CAP_NET_ADMIN alone: %w", errno)
	}
	return nil
}

func clearBoundingSet() error {
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		if c == unix.CAP_NET_ADMIN {
			continue
		}
		_, _, errno := psx.Syscall3(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c, 0)
		switch {
		case errors.Is(errno, unix.EPERM): // no CAP_SETPCAP
			return nil
		case errors.Is(errno, unix.EINVAL): // past the last one that this kernel knows
			return nil
		case errno != 0:
			return fmt.Errorf("drop capability %d from the bounding set: %w", c, errno)
		}
	}
	return nil
}
