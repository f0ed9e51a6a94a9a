package sysfs_test

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hawser-dra/hawser/netagent/sysfs"
)

const fuzzTree = `devices/pci0000:3a/0000:3b:02.0/vendor=0x8086
devices/pci0000:3a/0000:3b:02.0/sriov_totalvfs=8
devices/pci0000:3a/0000:3b:02.0/virtfn0>../0000:3b:02.1
devices/pci0000:3a/0000:3b:02.1/physfn>../0000:3b:02.0
devices/pci0000:3a/0000:3b:02.1/driver>../../../bus/pci/drivers/igbvf
bus/pci/devices/0000:3b:02.0>../../../devices/pci0000:3a/0000:3b:02.0
bus/pci/devices/0000:3b:02.1>../../../devices/pci0000:3a/0000:3b:02.1
class/net/eth1/device>../../../devices/pci0000:3a/0000:3b:02.0`

// linked is a file system with links, which may go in circles.
type linked struct {
	files fstest.MapFS
	links map[string]string
}

// treeOf is made of files and links, one a line.
func treeOf(lines string) linked {
	t := linked{fstest.MapFS{}, map[string]string{}}
	for line := range strings.Lines(lines) {
		line = strings.TrimSuffix(line, "\n")
		if name, target, ok := strings.Cut(line, ">"); ok && fs.ValidPath(name) {
			t.links[name] = target
		} else if name, content, ok := strings.Cut(line, "="); ok && fs.ValidPath(name) {
			t.files[name] = &fstest.MapFile{Data: []byte(content)}
		}
	}
	return t
}

// follow follows the links of a path as the kernel does, up to 40.
func (t linked) follow(name string) (string, error) {
	parts, at := strings.Split(name, "/"), "."
	for n := 0; len(parts) > 0; parts = parts[1:] {
		next := path.Join(at, parts[0])
		target, ok := t.links[next]
		if !ok {
			at = next
			continue
		}
		if n++; n > 40 || path.IsAbs(target) {
			return "", fs.ErrNotExist
		}
		parts, at = append([]string{""}, append(strings.Split(path.Join(at, target), "/"), parts[1:]...)...), "."
	}
	if !fs.ValidPath(at) {
		return "", fs.ErrNotExist
	}
	return at, nil
}

func (t linked) Open(name string) (fs.File, error) {
	at, err := t.follow(name)
	if err != nil {
		return nil, err
	}
	return t.files.Open(at)
}

func (t linked) ReadLink(name string) (string, error) {
	dir, err := t.follow(path.Dir(name))
	if target, ok := t.links[path.Join(dir, path.Base(name))]; ok && err == nil {
		return target, nil
	}
	return "", fs.ErrInvalid
}

func (t linked) Lstat(name string) (fs.FileInfo, error) { return fs.Stat(t.files, name) }

var (
	address = regexp.MustCompile(`^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$`)
	bus     = regexp.MustCompile(`^(pci[0-9a-f]{4}:[0-9a-f]{2})?$`)
)

// FuzzTree: whatever lies in sysfs, and whatever links go in circles or out of it,
// what is told of a device is of its form, and both ends tell the same of a virtual
// function.
func FuzzTree(f *testing.F) {
	f.Add(fuzzTree, "class/net/eth1/device", "0000:3b:02.1")
	f.Add("a>b\nb>a\nbus/pci/devices/x>/etc", "a/c", "x")
	f.Add("class/net/eth1>../../../../../../etc", "class/net/eth1/device", "..")
	f.Fuzz(func(t *testing.T, lines, name, device string) {
		s := sysfs.New(treeOf(lines))
		if at, ok := s.Resolve(name); ok && !fs.ValidPath(at) {
			t.Errorf("%q leads to %q, out of the tree", name, at)
		}
		if p := s.PCI(name); p != nil && (!address.MatchString(p.GetAddress()) || !bus.MatchString(p.GetRoot()) || strings.Contains(p.GetDriver(), "/")) {
			t.Errorf("%q is %v", name, p)
		}
		physical := s.PhysicalOf(device)
		if physical != "" && path.Base(physical) != physical {
			t.Errorf("%q is a function of %q", device, physical)
		}
		for index, vf := range s.VFs(physical) {
			if path.Base(vf) != vf {
				t.Errorf("function %d of %q is %q", index, physical, vf)
			}
		}
		_, _ = s.MaxVFs(device), s.Driver("pci", device)
	})
}
