package rdma

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// deviceDir is where the device files of RDMA are, by the kernel's own choice.
const deviceDir = "/dev/infiniband/"

// infiniBand is a link layer whose devices the kernel names no link for: the
// links are those of the same hardware.
const infiniBand = "InfiniBand"

// verbsClass is that of the files for a device's users, which verbsFile matches.
const verbsClass = "class/infiniband_verbs"

var verbsFile = regexp.MustCompile(`^uverbs[0-9]+$`)

// charClasses are the classes in sysfs of the device files that belong to one
// RDMA device; in each the file ibdev names it.
var charClasses = []struct {
	class string
	file  *regexp.Regexp
}{
	{verbsClass, verbsFile},
	{"class/infiniband_mad", regexp.MustCompile(`^umad[0-9]+$`)},
}

// connectionManager is the device file that all RDMA devices share.
const connectionManager = "rdma_cm"

// readFiles adds what sysfs tells of a device.
func (r *Reader) readFiles(d *Device) {
	dir := path.Join("class/infiniband", d.Name)
	d.LinkLayer = r.text(path.Join(dir, "ports/1/link_layer"))
	d.PCI = r.sys.PCI(path.Join(dir, "device"))
	if d.Netdev == "" && d.LinkLayer == infiniBand {
		d.Netdev = r.only(path.Join(dir, "device/net"))
	}
	r.readCharDevices(d)
}

func (r *Reader) readCharDevices(d *Device) {
	for _, c := range charClasses {
		for _, name := range r.list(c.class) {
			at := path.Join(c.class, name)
			if c.file.MatchString(name) && r.text(path.Join(at, "ibdev")) == d.Name {
				d.addCharDevice(name, r.text(path.Join(at, "dev")))
			}
		}
	}
	d.addCharDevice(connectionManager, r.text("class/misc/"+connectionManager+"/dev"))
	slices.SortFunc(d.CharDevices, func(a, b *netagentv1.CharDevice) int { return strings.Compare(a.GetPath(), b.GetPath()) })
}

// addCharDevice adds a device file by its number, such as 231:192, if there is
// one.
func (d *Device) addCharDevice(name, number string) {
	major, minor, err := parseNumber(number)
	if err == nil {
		d.CharDevices = append(d.CharDevices, &netagentv1.CharDevice{Path: deviceDir + name, Major: major, Minor: minor})
	}
}

func parseNumber(s string) (major, minor uint32, err error) {
	first, second, ok := strings.Cut(s, ":")
	a, errA := strconv.ParseUint(first, 10, 32)
	b, errB := strconv.ParseUint(second, 10, 32)
	if !ok || errA != nil || errB != nil {
		return 0, 0, fmt.Errorf("%q is no device number", s)
	}
	return uint32(a), uint32(b), nil
}

// text reads a file of one line; "" if there is none.
func (r *Reader) text(name string) string {
	b, err := fs.ReadFile(r.files, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// list returns the names in a directory; none if it is not there.
func (r *Reader) list(dir string) (names []string) {
	entries, err := fs.ReadDir(r.files, dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// only returns the one name in a directory, or "".
func (r *Reader) only(dir string) string {
	if names := r.list(dir); len(names) == 1 {
		return names[0]
	}
	return ""
}
