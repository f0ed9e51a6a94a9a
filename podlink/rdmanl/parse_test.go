package rdmanl

import (
	"testing"

	"github.com/vishvananda/netlink/nl"
)

func message(attrs ...*nl.RtAttr) (b []byte) {
	for _, a := range attrs {
		b = append(b, a.Serialize()...)
	}
	return b
}

func TestParse(t *testing.T) {
	d, name, err := parseDevice(message(
		nl.NewRtAttr(nl.RDMA_NLDEV_ATTR_DEV_INDEX, nl.Uint32Attr(7)),
		nl.NewRtAttr(nl.RDMA_NLDEV_ATTR_DEV_NAME, nl.ZeroTerminated("mlx5_0")),
		nl.NewRtAttr(nl.RDMA_NLDEV_ATTR_PORT_INDEX, nl.Uint32Attr(2))))
	if want := (Device{Index: 7, Ports: 2}); d != want || name != "mlx5_0" || err != nil {
		t.Errorf("got %+v, %q, %v", d, name, err)
	}
	const number = 231<<8 | 192
	if got, err := parseFile(message(nl.NewRtAttr(chardev, nl.Uint64Attr(number)))); got != number || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
	for _, b := range [][]byte{{}, {9, 0, 72, 0}, message(nl.NewRtAttr(chardev, nl.Uint32Attr(1)))} {
		if got, err := parseFile(b); err == nil {
			t.Errorf("%v is read as %d", b, got)
		}
	}
}
