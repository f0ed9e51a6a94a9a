package e2e

import (
	"testing"
)

// TestTraffic pings between two pods, IPv4 and IPv6, over the addresses of
// their claims.
func TestTraffic(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ kind, parent, parentKind string }{
		{"macvlan", "enping", "dummy"},
		{"veth", "brping", "bridge"},
		{"ipvlan", "enpingip", "dummy"},
	} {
		t.Run(tc.kind, func(t *testing.T) {
			parent(t, tc.parent, tc.parentKind)
			n := besideOthers(t)
			end := func(v4, v6 string) any {
				return netdev{"kind": tc.kind, "parent": tc.parent, "interfaceName": "data0", "addresses": []string{v4, v6}}.parameters()
			}
			n.apply(
				claimTemplate("left", claimSpec(t, request{"nic", end("192.0.2.1/24", "2001:db8::1/64")})), podWith("left", "left"),
				claimTemplate("right", claimSpec(t, request{"nic", end("192.0.2.2/24", "2001:db8::2/64")})), podWith("right", "right"))
			n.ready("left", "right")
			for _, address := range []string{"192.0.2.2", "2001:db8::2"} {
				// IPv6 needs a moment of duplicate address detection first.
				eventually(t, func() error {
					_, err := n.tryExec("left", "ping", "-c", "1", "-W", "2", "-I", "data0", address)
					return err
				})
			}
			n.wantStatus("left", "left", "data0", n.link("left", "data0").MAC, "192.0.2.1/24", "2001:db8::1/64")
		})
	}
}
