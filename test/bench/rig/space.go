package rig

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// ownNamespace is the calling thread's network namespace.
const ownNamespace = "/proc/thread-self/ns/net"

// Space is a network namespace: a node's, or a pod's.
type Space struct{ file *os.File }

// NewSpace makes an empty network namespace. It ends when it is closed and
// nothing in it runs.
func NewSpace() (*Space, error) {
	s := new(Space)
	err := away(func() error { return unix.Unshare(unix.CLONE_NEWNET) }, func() (err error) {
		s.file, err = os.Open(ownNamespace)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make a network namespace: %w", err)
	}
	return s, nil
}

// OwnSpace is the network namespace of this process.
func OwnSpace() (*Space, error) {
	f, err := os.Open(ownNamespace)
	if err != nil {
		return nil, fmt.Errorf("the process's network namespace: %w", err)
	}
	return &Space{f}, nil
}

// File is the namespace, for programs that are to run in it.
func (s *Space) File() *os.File { return s.file }

// Close lets go of the namespace.
func (s *Space) Close() error { return s.file.Close() }

// Do does act on a thread in the namespace, which no goroutine of act's may
// outlive. Sockets that it opens stay in the namespace.
func (s *Space) Do(act func() error) error {
	return away(func() error { return unix.Setns(int(s.file.Fd()), unix.CLONE_NEWNET) }, act)
}

// away does act on a thread that leaves its network namespace and comes back. The
// thread must not end: processes that it has started would end with it, for that
// is what they are told (PR_SET_PDEATHSIG).
func away(leave, act func() error) error {
	runtime.LockOSThread()
	home, err := os.Open(ownNamespace)
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer home.Close()
	if err := leave(); err != nil {
		runtime.UnlockOSThread()
		return err
	}
	err = act()
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		return errors.Join(err, fmt.Errorf("come back to the network namespace: %w", back)) // the thread stays locked
	}
	runtime.UnlockOSThread()
	return err
}
