// Package install puts podlink where the container runtime can run it: out of
// the driver's image, into the plugin's data directory on the host.
//
// The file is replaced as a whole, so that a hook that is being started runs
// the old one or the new one, and only when it differs, so that two drivers
// during a rolling update do not undo each other's work again and again.
package install

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/internal/atomicfile"
)

// Name of the file in the plugin's data directory.
const Name = "podlink"

const mode = 0o755

// Podlink copies the binary at source into dir and returns where it is. It
// refuses a directory on which nothing may be executed.
func Podlink(source, dir string) (path string, err error) {
	path = filepath.Join(dir, Name)
	if err := executable(dir); err != nil {
		return "", err
	}
	want, err := os.ReadFile(source)
	if err != nil {
		return "", fmt.Errorf("podlink in the image: %w", err)
	}
	same, err := installed(path, want)
	if err != nil || same {
		return path, err
	}
	return path, atomicfile.Write(path, want, mode)
}

// executable asks how the directory is mounted. The mount is the same on the
// host: a hostPath volume keeps its flags.
func executable(dir string) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if fs.Flags&unix.ST_NOEXEC != 0 {
		return fmt.Errorf("%s is mounted noexec, so the container runtime cannot run podlink from it: "+
			"mount it exec, or start the driver with --podlink=false, "+
			"which refuses claims that need settings in the pod", dir)
	}
	return nil
}

// installed says whether path has that content and mode.
func installed(path string, want []byte) (bool, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if info.Mode() != mode || info.Size() != int64(len(want)) {
		return false, nil
	}
	got, err := os.ReadFile(path)
	return bytes.Equal(got, want), err
}
