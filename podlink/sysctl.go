package podlink

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/api/layer3"
)

// sysctls writes those of the link, which lie in /proc/sys/net: the kernel shows
// there what belongs to the network namespace of who looks.
func (s *settler) sysctls() error {
	for _, key := range slices.Sorted(maps.Keys(s.want.Sysctls)) {
		value := s.want.Sysctls[key]
		if err := writeSysctl(layer3.SysctlPath(key, s.link.Name), value); err != nil {
			return fmt.Errorf("%s.sysctls[%s]: %d cannot be set on %s: %w", s.path, key, value, s.link.Name, err)
		}
	}
	return nil
}

func writeSysctl(path string, value int32) error {
	f, err := os.OpenFile(path, os.O_WRONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strconv.Itoa(int(value)))
	return errors.Join(err, f.Close())
}
