// Package uevent receives the kernel's news of devices, which all kernels send
// and, but for those of network links, to every network namespace.
//
// They are a reason to look and nothing more: who sent them does not matter.
package uevent

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// kernelGroup is the multicast group in which the kernel tells of devices.
const kernelGroup = 1

// size is larger than any uevent (UEVENT_BUFFER_SIZE in linux/kobject.h).
const size = 8192

// News are a subscription.
type News struct {
	file       *os.File
	subsystems []string
}

// Subscribe listens for news of devices of these subsystems. Whoever subscribes
// reads the whole state afterwards, then waits.
func Subscribe(subsystems ...string) (*News, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return nil, fmt.Errorf("open a uevent socket: %w", err)
	}
	f := os.NewFile(uintptr(fd), "uevents")
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: kernelGroup}); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("subscribe to uevents: %w", err)
	}
	return &News{file: f, subsystems: subsystems}, nil
}

// Wait returns when devices may have changed. After an error, lost news too,
// another subscription is needed.
func (n *News) Wait() error {
	b := make([]byte, size)
	for {
		length, err := n.file.Read(b)
		if err != nil {
			return fmt.Errorf("receive uevents: %w", err)
		}
		if isOf(b[:length], n.subsystems) {
			return nil
		}
	}
}

// Close ends the subscription, and a Wait that waits.
func (n *News) Close() { _ = n.file.Close() }

// isOf reads an event: "add@/devices/…", then fields, each ended by a zero byte.
func isOf(event []byte, subsystems []string) bool {
	for field := range bytes.SplitSeq(event, []byte{0}) {
		subsystem, ok := bytes.CutPrefix(field, []byte("SUBSYSTEM="))
		if !ok {
			continue
		}
		for _, s := range subsystems {
			if string(subsystem) == s {
				return true
			}
		}
	}
	return false
}
