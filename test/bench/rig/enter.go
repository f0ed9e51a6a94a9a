package rig

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// EnterCommand is the first argument of the program when it is to become
// another one in a container's place.
const EnterCommand = "enter"

// Enter does that: in a root directory of its own, in the network namespace that
// file 3 is, with no capability but those named by number. Its arguments are
// root, capabilities, program and the program's arguments.
func Enter(args []string) error {
	if len(args) < 3 {
		return errors.New("usage: enter ROOT CAPABILITIES PROGRAM [ARGUMENT…]")
	}
	runtime.LockOSThread()
	if err := unix.Setns(3, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter a network namespace: %w", err)
	}
	if err := unix.Close(3); err != nil {
		return err
	}
	if err := unix.Chroot(args[0]); err != nil {
		return fmt.Errorf("chroot %s: %w", args[0], err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if err := keepCapabilities(args[1]); err != nil {
		return err
	}
	return fmt.Errorf("run %s: %w", args[2], syscall.Exec(args[2], args[2:], os.Environ()))
}

// keepCapabilities bounds what the program that is run next can have, which as
// uid 0 it then has. The calling thread is the one that becomes that program.
func keepCapabilities(keep string) error {
	var kept []int
	if keep != "" {
		n, err := strconv.Atoi(keep)
		if err != nil {
			return fmt.Errorf("capability %q: %w", keep, err)
		}
		kept = append(kept, n)
	}
	for c := 0; c <= unix.CAP_LAST_CAP; c++ {
		if slices.Contains(kept, c) {
			continue
		}
		// A kernel that has fewer says so; that one cannot be had then.
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) {
			return fmt.Errorf("drop capability %d: %w", c, err)
		}
	}
	return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}

// contained is a command that runs a program as Enter does. It ends with this
// process.
func contained(root string, space *Space, capability string, program ...string) *exec.Cmd {
	c := exec.Command("/proc/self/exe", append([]string{EnterCommand, root, capability}, program...)...)
	c.Env = []string{}
	c.ExtraFiles = []*os.File{space.File()}
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}
