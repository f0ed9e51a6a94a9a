package rdma

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// deviceFile is what a pod may be given of RDMA, and nothing else is.
var deviceFile = regexp.MustCompile(`^/dev/infiniband/(uverbs[0-9]+|umad[0-9]+|rdma_cm)$`)

// FuzzFiles: whatever sysfs has, a device has no files but RDMA's.
func FuzzFiles(f *testing.F) {
	f.Add("class/infiniband_verbs/uverbs0/ibdev=mlx5_0\nclass/infiniband_verbs/uverbs0/dev=231:192\nclass/misc/rdma_cm/dev=10:58", "mlx5_0")
	f.Add("class/infiniband_mad/issm0/ibdev=mlx5_0\nclass/infiniband_mad/issm0/dev=231:64", "mlx5_0")
	f.Add("class/infiniband_verbs/uverbs0/ibdev=\nclass/infiniband_verbs/uverbs0/dev=-1:4294967296", "")
	f.Fuzz(func(t *testing.T, lines, name string) {
		files := fstest.MapFS{}
		for line := range strings.Lines(lines) {
			if path, content, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok && fs.ValidPath(path) {
				files[path] = &fstest.MapFile{Data: []byte(content)}
			}
		}
		d := Device{Name: name}
		New(files).readFiles(&d)
		for _, c := range d.CharDevices {
			if !deviceFile.MatchString(c.GetPath()) {
				t.Errorf("%q has the file %v", name, c)
			}
		}
	})
}

// FuzzReplies reads what the kernel tells of devices, their ports and the mode.
func FuzzReplies(f *testing.F) {
	f.Add([]byte{8, 0, 1, 0, 3, 0, 0, 0, 11, 0, 2, 0, 'm', 'l', 'x', '5', '_', '0', 0, 0})
	f.Add([]byte{5, 0, 66, 0, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := parseDevice(b)
		if err == nil {
			err = d.parsePort(b)
		}
		if err == nil && len(d.Name)+len(d.Netdev) > len(b) {
			t.Errorf("%+v of %d bytes", d, len(b))
		}
		_, _ = parseExclusive(b)
	})
}
