package link

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

var (
	// ErrNotFound is a link or a namespace that is not there (any more).
	ErrNotFound = errors.New("not found")
	// ErrExists is a name that another link has, as name or as altname.
	ErrExists = errors.New("exists")
)

// Error is a request that the kernel refused. errors.Is knows it by
// [ErrNotFound], [ErrExists] and by its errno.
type Error struct {
	Op  string // what was asked, such as "create macvlan hwabc"
	Err error  // the errno, with the kernel's own words when it gave any
}

func (e *Error) Error() string { return e.Op + ": " + e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// Is puts the errnos under the package's names.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return errors.Is(e.Err, unix.ENODEV) || errors.Is(e.Err, unix.ENOENT)
	case ErrExists:
		return errors.Is(e.Err, unix.EEXIST)
	}
	return false
}

// NoModuleError is a kind of link that this node's kernel does not have.
type NoModuleError struct {
	Kind   string
	Module string
}

func (e *NoModuleError) Error() string {
	return fmt.Sprintf("this node's kernel has no %s links: load kernel module %s (modprobe %s)",
		e.Kind, e.Module, e.Module)
}
