package ethtool

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// String sets, see enum ethtool_stringset in linux/ethtool.h.
const (
	privateFlagNames = 2
	featureNames     = 4
)

const (
	sizeofName = 32
	// maxNames bounds what is read: the kernel has some 64 features.
	maxNames = 1024
)

// strings returns the device's names for something, in the order of their bits.
func (d *Device) strings(set uint32) ([]string, error) {
	n, err := d.countStrings(set)
	if err != nil || n == 0 {
		return nil, err
	}
	message := append(words(unix.ETHTOOL_GSTRINGS, set, uint32(n)), make([]byte, n*sizeofName)...)
	if err := d.do(message); absent(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	names := make([]string, n)
	for i := range names {
		at := 3*sizeofWord + i*sizeofName
		names[i] = unix.ByteSliceToString(message[at : at+sizeofName])
	}
	return names, nil
}

func (d *Device) countStrings(set uint32) (int, error) {
	// struct ethtool_sset_info: command, reserved, a mask of 64 bits, counts.
	message := words(unix.ETHTOOL_GSSET_INFO, 0)
	message = binary.NativeEndian.AppendUint64(message, 1<<set)
	message = append(message, make([]byte, sizeofWord)...)
	if err := d.do(message); absent(err) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	if binary.NativeEndian.Uint64(message[2*sizeofWord:]) == 0 {
		return 0, nil
	}
	n := word(message, 4)
	if n > maxNames {
		return 0, fmt.Errorf("the kernel has %d names, at most %d are read", n, maxNames)
	}
	return int(n), nil
}

// Error is a setting that a device does not take.
type Error struct {
	Field string // below "ethtool", as in the configuration
	Value any    // nil when it is of no single value
	Err   error
}

func (e *Error) Error() string {
	if e.Value == nil {
		return fmt.Sprintf("ethtool.%s: %v", e.Field, e.Err)
	}
	return fmt.Sprintf("ethtool.%s: %v: %v", e.Field, e.Value, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// maxListed keeps an error short enough for a pod's event.
const maxListed = 12

// nearest lists what there is, what begins most like name first.
func nearest(name string, there []string) string {
	if len(there) == 0 {
		return "none"
	}
	sorted := slices.SortedFunc(slices.Values(there), func(a, b string) int {
		return cmp.Or(cmp.Compare(common(b, name), common(a, name)), cmp.Compare(a, b))
	})
	if more := len(sorted) - maxListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(sorted[:maxListed], ", "), more)
	}
	return strings.Join(sorted, ", ")
}

// common is how many bytes two names begin with alike.
func common(a, b string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
