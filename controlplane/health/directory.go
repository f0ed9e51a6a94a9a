package health

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Directory checks that files can be made in dir.
func Directory(name, dir string) Check {
	return Check{Name: name, Ready: func() error {
		if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		return nil
	}}
}
