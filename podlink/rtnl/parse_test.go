package rtnl

import (
	"net/netip"
	"slices"
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
		want := Address{Prefix: netip.MustParsePrefix(prefix), Preferred: 60, Valid: Forever, NoPrefixRoute: true, Origin: 7}
		want.DAD = want.Prefix.Addr().Is6()
		b := setAddress(3, want).Serialize()[unix.SizeofNlMsghdr:]
		got, err := parseAddress(int(b[1]), b[unix.SizeofIfAddrmsg:])
		if err != nil || got != want {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
	}
}

func TestPeerRoundTrip(t *testing.T) {
	want := Address{
		Prefix: netip.MustParsePrefix("192.0.2.10/32"), Peer: netip.MustParsePrefix("192.0.2.0/24"),
		Label: "net1:1", Preferred: Forever, Valid: Forever, Origin: 7,
	}
	b := setAddress(3, want).Serialize()[unix.SizeofNlMsghdr:]
	got, err := parseAddress(int(b[1]), b[unix.SizeofIfAddrmsg:])
	if err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestRouteRoundTrip(t *testing.T) {
	for _, want := range []Route{
		fuzzRoute,
		{Destination: netip.MustParsePrefix("::/0"), Gateway: netip.MustParseAddr("fe80::1"), Metric: 1024, Table: 1 << 31, Origin: 7},
		{Destination: netip.MustParsePrefix("0.0.0.0/0"), Scope: 253, Table: 254, Origin: 7},
	} {
		got, through, err := parseRoute(routeRequest(unix.RTM_NEWROUTE, 0, 3, want).Serialize()[unix.SizeofNlMsghdr:])
		if err != nil || through != 3 || got != want {
			t.Errorf("got %v through %d, %v, want %v", got, through, err, want)
		}
	}
}

func TestRuleRoundTrip(t *testing.T) {
	for _, want := range []Rule{fuzzRule, {Family: unix.AF_INET6, Priority: 1, Mark: 7, Table: 100, Origin: 7}} {
		got, err := parseRule(ruleRequest(unix.RTM_NEWRULE, 0, want).Serialize()[unix.SizeofNlMsghdr:])
		if err != nil || got != want {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
	}
}

func TestNeighborRoundTrip(t *testing.T) {
	got, of, err := parseNeighbor(setNeighbor(3, fuzzNeighbor).Serialize()[unix.SizeofNlMsghdr:])
	if err != nil || of != 3 || got.Address != fuzzNeighbor.Address || !slices.Equal(got.MAC, fuzzNeighbor.MAC) || got.Origin != fuzzNeighbor.Origin {
		t.Errorf("got %v of %d, %v, want %v", got, of, err, fuzzNeighbor)
	}
}

func TestVRFRoundTrip(t *testing.T) {
	l, err := parseLink(addVRF("blue", 10).Serialize()[unix.SizeofNlMsghdr:])
	if err != nil || l.Name != "blue" || l.Kind != KindVRF || l.Table != 10 {
		t.Errorf("got %+v, %v", l, err)
	}
	l, err = parseLink(setMaster(3, 9).Serialize()[unix.SizeofNlMsghdr:])
	if err != nil || l.Index != 3 || l.Master != 9 {
		t.Errorf("got %+v, %v", l, err)
	}
}
