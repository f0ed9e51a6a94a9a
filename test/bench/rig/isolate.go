package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// isolated tells the process that Isolate started that it is the one.
const isolated = "HAWSER_BENCH_ISOLATED"

// Isolate lets the program go on in a mount namespace of its own, so that what
// it mounts ends with it. In the process that was called it returns the exit code
// of the other one, and tells that one to end when ctx does.
func Isolate(ctx context.Context) (inside bool, code int, err error) {
	if os.Getenv(isolated) != "" {
		err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
		return true, 0, err
	}
	c := exec.CommandContext(ctx, "/proc/self/exe", os.Args[1:]...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.Env = append(os.Environ(), isolated+"=1")
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	err = c.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return false, exit.ExitCode(), nil
	}
	if err != nil {
		return false, 1, fmt.Errorf("run in a mount namespace: %w", err)
	}
	return false, 0, nil
}
