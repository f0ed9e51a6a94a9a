//go:build fault

// Package fault marks the points at which a crash is tested: between two steps
// that change something outside the process. In the product a point is nothing;
// built with the tag "fault" a point kills the process when a test asks for it.
package fault

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
)

// dirVariable names the directory in which a test asks for a crash, by a file
// with the name of the point.
const dirVariable = "HAWSER_FAULTS"

// handler is what a test does at points in its own process.
var handler atomic.Pointer[func(Name)]

// Handle makes f happen at each point, on the goroutine that passes it.
func Handle(f func(Name)) { handler.Store(&f) }

// killed is the exit code of a process that SIGKILL ends. The signal itself is of
// no use: a container's first process cannot send it to itself.
const killed = 128 + int(syscall.SIGKILL)

// Point ends the process as kill -9 does, if the test asks for it: nothing else
// of it runs. It takes the test's file away first, so that the next process gets
// past the point.
func Point(name Name) {
	if f := handler.Load(); f != nil {
		(*f)(name)
	}
	dir := Dir()
	if dir == "" || os.Remove(filepath.Join(dir, string(name))) != nil {
		return
	}
	syscall.Exit(killed)
}

// Dir is the directory in which a test asks for a crash.
func Dir() string { return os.Getenv(dirVariable) }

// Driver returns the points that the driver passes.
func Driver() []Name {
	return []Name{
		DriverFileWritten,
		DriverAttached, DriverRecorded, DriverListed,
		DriverFollowing, DriverRewritten,
		DriverDetached, DriverSpecRemoved, DriverRecordRemoved,
	}
}

// Netagent returns the points that netagent passes when it makes a link for a
// claim, and takes it back.
func Netagent() []Name {
	return []Name{
		NetagentEntryWritten,
		NetagentEntryAdded, NetagentLinkCreated, NetagentHostEndFinished, NetagentAliasSet, NetagentMadeRecorded,
		NetagentLeavingRecorded, NetagentHostEndDeleted, NetagentLinkDeleted, NetagentEntryRemoved,
		NetagentLeavingWithdrawn,
	}
}

// Lending returns the points that netagent passes when it lends a device of the
// node, and takes it back.
func Lending() []Name {
	return []Name{
		NetagentEntryWritten,
		NetagentEntryAdded, NetagentLinkDown, NetagentCardSet, NetagentLinkCreated, NetagentAliasSet, NetagentMadeRecorded,
		NetagentLeavingRecorded, NetagentLinkRestored, NetagentLinkDeleted, NetagentEntryRemoved,
	}
}
