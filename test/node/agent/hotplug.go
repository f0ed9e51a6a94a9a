package main

import (
	"fmt"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

// hotplug loads the module for each device that appears, such as a new virtual
// function, as udev would. What was there at boot, init has loaded.
func hotplug() error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return fmt.Errorf("listen for devices: %w", err)
	}
	const fromKernel = 1 // the group that the kernel itself sends to
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: fromKernel}); err != nil {
		return fmt.Errorf("listen for devices: %w", err)
	}
	event := make([]byte, 16<<10)
	for {
		n, err := unix.Read(fd, event)
		if err != nil {
			continue // events were lost; those that follow still count
		}
		if alias := wanted(string(event[:n])); alias != "" {
			// A device without a module is nothing to complain about.
			_ = exec.Command("modprobe", "-bq", alias).Run()
		}
	}
}

// wanted is the module alias of a device that was added, or empty. An event is
// a header and then KEY=value strings, each ended by a zero byte.
func wanted(event string) string {
	alias, added := "", false
	for _, field := range strings.Split(event, "\x00") {
		switch key, value, _ := strings.Cut(field, "="); key {
		case "ACTION":
			added = value == "add"
		case "MODALIAS":
			alias = value
		}
	}
	if !added {
		return ""
	}
	return alias
}
