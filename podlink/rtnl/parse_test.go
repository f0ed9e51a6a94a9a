package rtnl

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

func TestBroadcast(t *testing.T) {
	for prefix, want := range map[string]string{
		"192.0.2.10/24": "192.0.2.255", "10.1.2.3/8": "10.255.255.255",
		"192.0.2.10/30": "192.0.2.11", "0.0.0.1/0": "255.255.255.255",
	} {
		got, _ := netip.AddrFromSlice(broadcast(netip.MustParsePrefix(prefix)))
		if got.String() != want {
			t.Errorf("broadcast of %s is %s, want %s", prefix, got, want)
		}
	}
}

// The requests are parsed back by what parses the kernel's answers.
func TestRequestsRoundTrip(t *testing.T) {
	for _, prefix := range []string{"192.0.2.10/24", "192.0.2.10/31", "2001:db8::10/64"} {
		want := Address{Prefix: netip.MustParsePrefix(prefix), Origin: 7}
		b := setAddress(3, want).Serialize()[unix.SizeofNlMsghdr:]
		got, err := parseAddress(int(b[1]), b[unix.SizeofIfAddrmsg:])
		if err != nil || got != want {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
	}
}
