//go:build fault

// Package fault marks the points at which a crash is tested: between two steps
// that change something outside the process. In the product a point is nothing;
// built with the tag "fault" a point kills the process when a test asks for it.
package fault

import (
	"os"
	"path/filepath"
	"syscall"
)

// dirVariable names the directory in which a test asks for a crash, by a file
// with the name of the point.
const dirVariable = "HAWSER_FAULTS"

// Point kills the process, as kill -9 does, if the test asks for it. It takes
// the test's file away first, so that the next process gets past the point.
func Point(name string) {
	dir := os.Getenv(dirVariable)
	if dir == "" || os.Remove(filepath.Join(dir, name)) != nil {
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way
}
