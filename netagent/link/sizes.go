package link

import (
	"context"
	"strconv"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Sizes bound what the stack hands a link, or takes from it, at once. A kernel
// older than Linux 6.3 has none for IPv4 alone.
type Sizes struct {
	GSOMaxSize     uint32 `json:"gsoMaxSize,omitempty"`
	GSOMaxSegs     uint32 `json:"gsoMaxSegs,omitempty"`
	GROMaxSize     uint32 `json:"groMaxSize,omitempty"`
	GSOIPv4MaxSize uint32 `json:"gsoIPv4MaxSize,omitempty"`
	GROIPv4MaxSize uint32 `json:"groIPv4MaxSize,omitempty"`
}

// attributes are the sizes' places, in the order in which they are set: with the
// first and the third the kernel may set those for IPv4 too.
func (s *Sizes) attributes() []struct {
	typ  uint16
	size *uint32
} {
	return []struct {
		typ  uint16
		size *uint32
	}{
		{unix.IFLA_GSO_MAX_SIZE, &s.GSOMaxSize},
		{unix.IFLA_GSO_MAX_SEGS, &s.GSOMaxSegs},
		{unix.IFLA_GRO_MAX_SIZE, &s.GROMaxSize},
		{unix.IFLA_GSO_IPV4_MAX_SIZE, &s.GSOIPv4MaxSize},
		{unix.IFLA_GRO_IPV4_MAX_SIZE, &s.GROIPv4MaxSize},
	}
}

func (s *Sizes) attribute(typ uint16, v []byte) {
	for _, a := range s.attributes() {
		if a.typ == typ {
			*a.size = u32(v)
		}
	}
}

// SetSizes sets the sizes of a link on the host that are not 0.
func (c *Conn) SetSizes(ctx context.Context, index int, s Sizes) error {
	for _, a := range s.attributes() {
		if *a.size == 0 {
			continue
		}
		op := "set size " + strconv.Itoa(int(a.typ)) + " to " + strconv.FormatUint(uint64(*a.size), 10)
		if err := c.change(ctx, op, index, nl.NewRtAttr(int(a.typ), nl.Uint32Attr(*a.size))); err != nil {
			return err
		}
	}
	return nil
}
