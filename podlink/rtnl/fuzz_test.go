package rtnl

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// FuzzParse: a message of the kernel is read or refused, and an address that is
// read has what its message holds.
func FuzzParse(f *testing.F) {
	f.Add(uint8(24), getLink("net1").Serialize()[unix.SizeofNlMsghdr:])
	f.Add(uint8(24), setAddress(3, Address{Prefix: netip.MustParsePrefix("192.0.2.1/24"), Origin: 7}).Serialize()[unix.SizeofNlMsghdr+unix.SizeofIfAddrmsg:])
	f.Fuzz(func(t *testing.T, bits uint8, b []byte) {
		if l, err := parseLink(b); err == nil && len(l.Name)+len(l.Alias)+len(l.MAC) > len(b) {
			t.Errorf("%+v of %d bytes", l, len(b))
		}
		if a, err := parseAddress(int(bits), b); err == nil && !a.Prefix.Addr().IsValid() {
			t.Errorf("%+v", a)
		}
	})
}
