package confine

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/internal/sandbox"
)

// kernelAnswers end the process by SIGSYS, which the kernel's log tells, for all
// that is not allowed.
var kernelAnswers = answers{
	allow:     unix.SECCOMP_RET_ALLOW,
	absent:    unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS),
	otherwise: unix.SECCOMP_RET_KILL_PROCESS,
}

// filterCalls installs the filter in all threads. clone3, whose flags lie where
// no filter sees them, is answered as an old kernel does: C libraries, in
// binaries that have one, then use clone.
func filterCalls() error {
	if auditArch == 0 {
		return fmt.Errorf("%w: the filter does not know %s", sandbox.ErrMissing, runtime.GOARCH)
	}
	raw, err := bpf.Assemble(program(auditArch, allowed(), []uint32{unix.SYS_CLONE3}, kernelAnswers))
	if err != nil {
		return err
	}
	code := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		code[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return install(&unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]})
}

// install sets no_new_privs, which a filter needs, together with the filter in
// all threads: the kernel gives both to each, or fails.
func install(p *unix.SockFprog) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(p))) //nolint:gosec // seccomp(2) reads a program of this type
	switch {
	case errors.Is(errno, unix.ENOSYS):
		return fmt.Errorf("%w: seccomp filters", sandbox.ErrMissing)
	case errno != 0:
		return fmt.Errorf("install the filter: %w", errno)
	case thread != 0:
		return fmt.Errorf("install the filter: thread %d has another one", thread)
	}
	return nil
}
