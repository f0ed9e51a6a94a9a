package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// tempPrefix begins the names of files that are still being written.
const tempPrefix = "new-"

// Sweep removes what writing was cut short of, longer than age ago: a younger
// file may be a twin's, who is writing it.
func (j *Journal) Sweep(age time.Duration) error {
	files, err := os.ReadDir(j.dir)
	if err != nil {
		return fmt.Errorf("sweep journal: %w", err)
	}
	var errs []error
	for _, f := range files {
		info, err := f.Info()
		if err != nil || !strings.HasPrefix(f.Name(), tempPrefix) || !info.Mode().IsRegular() {
			continue
		}
		if time.Since(info.ModTime()) > age {
			errs = append(errs, os.Remove(filepath.Join(j.dir, f.Name())))
		}
	}
	return errors.Join(errs...)
}
