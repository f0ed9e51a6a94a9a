// Package sysfs reads what the kernel tells of devices in /sys and nowhere else:
// where on the PCI bus a device is, which functions are virtual, what drives
// them. It writes nothing.
//
// A device may go at any moment: what cannot be read is absent or zero, never an
// error. Links of other network namespaces are not seen, their PCI functions are.
package sysfs

import (
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// FS is /sys.
type FS struct{ files fs.FS }

// New returns the FS in files, such as os.DirFS("/sys").
func New(files fs.FS) FS { return FS{files} }

// depth bounds what is followed of links to directories.
const depth = 16

// Resolve follows the links in name and returns the path below /sys/devices of
// the device that it leads to: [FS.Resolve]("class/net/eth1/device") may be
// "devices/pci0000:00/0000:00:04.0".
func (s FS) Resolve(name string) (string, bool) {
	parts := strings.Split(path.Clean(name), "/")
	at, links := ".", 0
	for len(parts) > 0 {
		next := path.Join(at, parts[0])
		parts = parts[1:]
		target, err := fs.ReadLink(s.files, next)
		if err != nil { // no link
			at = next
			continue
		}
		if links++; links > depth || path.IsAbs(target) {
			return "", false
		}
		parts = append(strings.Split(path.Join(at, target), "/"), parts...)
		at = "."
	}
	_, err := fs.Stat(s.files, at)
	return at, err == nil
}

// text reads a file of one line; "" if there is none.
func (s FS) text(name string) string {
	b, err := fs.ReadFile(s.files, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// number reads a file with a number; absent is what it is when there is none.
func (s FS) number(name string, absent int) int {
	n, err := strconv.Atoi(s.text(name))
	if err != nil {
		return absent
	}
	return n
}

// base is the last name of the path that a link leads to; "" if it is no link.
func (s FS) base(name string) string {
	target, err := fs.ReadLink(s.files, name)
	if err != nil {
		return ""
	}
	return path.Base(target)
}

var (
	function = regexp.MustCompile(`^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$`)
	root     = regexp.MustCompile(`^pci[0-9a-f]{4}:[0-9a-f]{2}$`)
)
