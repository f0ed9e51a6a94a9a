package rtnl

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

var fuzzAddress = Address{Prefix: netip.MustParsePrefix("192.0.2.1/24"), Label: "net1", Origin: 7}

var fuzzRoute = Route{
	Destination: netip.MustParsePrefix("10.0.0.0/8"), Gateway: netip.MustParseAddr("192.0.2.254"),
	Source: netip.MustParseAddr("192.0.2.1"), Metric: 7, MTU: 1400, Table: 100, OnLink: true, Origin: 7,
}

var fuzzRule = Rule{
	Family: unix.AF_INET, Priority: 100, Source: netip.MustParsePrefix("192.0.2.1/32"),
	Destination: netip.MustParsePrefix("10.0.0.0/8"), Mark: 7, Table: 1 << 31, Origin: 7,
}

var fuzzNeighbor = Neighbor{Address: netip.MustParseAddr("2001:db8::1"), MAC: []byte{2, 0, 0, 0, 0, 1}, Origin: 7}

// FuzzParse: a message of the kernel is read or refused, and an address that is
// read has what its message holds.
func FuzzParse(f *testing.F) {
	f.Add(uint8(24), getLink("net1").Serialize()[unix.SizeofNlMsghdr:])
	f.Add(uint8(24), setAddress(3, fuzzAddress).Serialize()[unix.SizeofNlMsghdr+unix.SizeofIfAddrmsg:])
	f.Add(uint8(0), routeRequest(unix.RTM_NEWROUTE, 0, 3, fuzzRoute).Serialize()[unix.SizeofNlMsghdr:])
	f.Add(uint8(0), ruleRequest(unix.RTM_NEWRULE, 0, fuzzRule).Serialize()[unix.SizeofNlMsghdr:])
	f.Add(uint8(0), setNeighbor(3, fuzzNeighbor).Serialize()[unix.SizeofNlMsghdr:])
	f.Add(uint8(0), addVRF("blue", 10).Serialize()[unix.SizeofNlMsghdr:])
	f.Fuzz(func(t *testing.T, bits uint8, b []byte) {
		if l, err := parseLink(b); err == nil && len(l.Name)+len(l.Alias)+len(l.MAC) > len(b) {
			t.Errorf("%+v of %d bytes", l, len(b))
		}
		if a, err := parseAddress(int(bits), b); err == nil && !a.Prefix.Addr().IsValid() {
			t.Errorf("%+v", a)
		}
		if r, through, err := parseRoute(b); err == nil && through != 0 && !r.Destination.Addr().IsValid() {
			t.Errorf("%+v", r)
		}
		if r, err := parseRule(b); err == nil && (r.Source.IsValid() && !r.Source.Addr().IsValid() || len(b) < unix.SizeofRtMsg) {
			t.Errorf("%+v", r)
		}
		if n, of, err := parseNeighbor(b); err == nil && of != 0 && len(n.MAC) > len(b) {
			t.Errorf("%+v", n)
		}
	})
}
