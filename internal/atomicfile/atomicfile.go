// Package atomicfile replaces files as a whole: a reader sees the old content
// or the new one, and a crash leaves one of them.
package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hawser-dra/hawser/internal/fault"
)

// Write makes data the content of path. The temporary file lies beside it,
// begins with a dot and ends in ".tmp", so that no reader of the directory
// takes it for a finished one. It does not sync: what is written is either on
// a tmpfs or can be made again from its source of truth after a power loss.
func Write(path string, data []byte, mode os.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return err
	}
	fault.Point(fault.DriverFileWritten)
	return os.Rename(f.Name(), path)
}

// Remove deletes path; a file that is already gone is no error, nor is it on a
// read-only file system, which refuses before it looks.
func Remove(path string) error {
	err := os.Remove(path)
	if err == nil || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if _, gone := os.Lstat(path); errors.Is(gone, os.ErrNotExist) {
		return nil
	}
	return err
}

// Sweep removes the temporary files that a killed process has left in dir: those
// of the files that isOurs knows by name and that are older than age, for a
// younger one may be somebody's who is writing.
func Sweep(dir string, isOurs func(name string) bool, age time.Duration) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("sweep %s: %w", dir, err)
	}
	var errs []error
	for _, e := range entries {
		info, err := e.Info()
		name, temporary := target(e.Name())
		if err == nil && temporary && isOurs(name) && info.Mode().IsRegular() && time.Since(info.ModTime()) > age {
			errs = append(errs, Remove(filepath.Join(dir, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// target returns the name of the file that a temporary one was to become.
func target(temporary string) (name string, ok bool) {
	rest, dot := strings.CutPrefix(temporary, ".")
	rest, tmp := strings.CutSuffix(rest, ".tmp")
	end := strings.LastIndexByte(rest, '.')
	if !dot || !tmp || end < 0 {
		return "", false
	}
	return rest[:end], true
}
