package testns

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// onNode tells a process that OnNode started that it is the one.
const onNode = "HAWSER_ONNODE"

// OnNode has a test run in the machine's own network namespace, where its network
// cards are and where they come home to. It returns true there; where it returns
// false the test has been run and is over. It touches the cards, so it runs on
// the test node alone (HAWSER_KERNEL=full) and skips elsewhere.
func OnNode(t *testing.T) bool {
	t.Helper()
	if os.Getenv(onNode) != "" {
		return true
	}
	if os.Getenv("HAWSER_KERNEL") != "full" {
		t.Skip("uses the machine's own network cards, which only the test node is for")
	}
	out, err := again(t)
	t.Logf("in the machine's network namespace:\n%s", out)
	if err != nil {
		t.Fatal(err)
	}
	return false
}

// again runs the test in a process of the machine's namespace.
func again(t *testing.T) (output []byte, err error) {
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), inside+"=1", onNode+"=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		ns, err := os.Open("/proc/1/ns/net")
		if err == nil {
			defer ns.Close()
			err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			err = cmd.Run()
		}
		done <- err
	}()
	err = <-done
	return out.Bytes(), err
}
