// Package testns gives tests a real kernel without the machine's own network:
// the test process runs in a network namespace of its own, and pods are further
// ones.
//
// What a test needs and the machine does not have is a skip that names its
// cause. With HAWSER_KERNEL=full in the environment it is a failure: so the
// tests run where everything must be there.
package testns

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
)

// inside tells the process that Main started that it is the one.
const inside = "HAWSER_TESTNS"

// Main is a package's TestMain: it runs the tests in a fresh network namespace,
// all threads of the process included. It does not return.
func Main(m *testing.M) {
	if os.Getenv(inside) != "" || os.Geteuid() != 0 {
		// The first thread of a process never ends: kept here, it cannot become
		// one that a pod's namespace was made on, and keep that alive.
		runtime.LockOSThread()
		os.Exit(m.Run())
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		os.Exit(exit.ExitCode())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "run tests in a network namespace:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Require skips a test that cannot have a namespace of its own.
func Require(t testing.TB) {
	t.Helper()
	if os.Getenv(inside) == "" {
		Lacking(t, "a network namespace needs root")
	}
}

// Lacking skips the test because of cause, or fails it where nothing may be
// lacking.
func Lacking(t testing.TB, cause string) {
	t.Helper()
	if os.Getenv("HAWSER_KERNEL") == "full" {
		t.Fatal(cause)
	}
	t.Skip(cause)
}
