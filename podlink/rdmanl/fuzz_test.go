package rdmanl

import (
	"testing"

	"github.com/vishvananda/netlink/nl"
)

// FuzzParse: a message of the kernel is read or refused.
func FuzzParse(f *testing.F) {
	f.Add(message(nl.NewRtAttr(nl.RDMA_NLDEV_ATTR_DEV_NAME, nl.ZeroTerminated("mlx5_0"))))
	f.Add(message(nl.NewRtAttr(chardev, nl.Uint64Attr(1))))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, name, err := parseDevice(b); err == nil && len(name) > len(b) {
			t.Errorf("%q of %d bytes", name, len(b))
		}
		if _, err := parseFile(b); err == nil && len(b) < 8 {
			t.Errorf("a device file of %d bytes", len(b))
		}
	})
}
