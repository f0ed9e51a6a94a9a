package netagent_test

import (
	"testing"

	"github.com/vishvananda/netlink"
	"google.golang.org/grpc/codes"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/testns"
)

func passthruRequest(parent string) *netagentv1.DeviceRequest {
	r := macvlanRequest("a", parent)
	r.GetMacvlan().Mode = netagentv1.MacvlanMode_MACVLAN_MODE_PASSTHRU
	return r
}

// TestUplinkIsNotTaken asks for all of a link in every state in which the node's
// own traffic goes over it, which begins after netagent has started, and once more
// when it does so no longer.
func TestUplinkIsNotTaken(t *testing.T) {
	noDAD(t)
	uplink(t)
	testns.Uplink(t, "up1", 1500)
	a := start(t)
	const compat = "/proc/sys/net/ipv4/nexthop_compat_mode"
	for what, c := range map[string]struct{ set, unset string }{
		"an address":                {"ip addr add 192.0.2.1/24 dev up0", "ip addr flush dev up0 scope global"},
		"an IPv6 address":           {"ip addr add 2001:db8::1/64 dev up0 nodad", "ip addr flush dev up0 scope global"},
		"a default route":           {"ip route add default dev up0", "ip route del default dev up0"},
		"an IPv6 default route":     {"ip -6 route add default dev up0 metric 1", "ip -6 route del default dev up0 metric 1"},
		"one of another table":      {"ip route add default dev up0 table 100", "ip route del default table 100"},
		"one of two ways":           {"ip route add default nexthop dev up1 nexthop dev up0", "ip route del default"},
		"a nexthop object":          {"ip nexthop add id 7 dev up0 && ip route add default nhid 7", "ip nexthop del id 7"},
		"one of which less is told": {"echo 0 >" + compat + "; ip nexthop add id 7 dev up0 && ip route add default nhid 7", "echo 1 >" + compat + "; ip nexthop del id 7"},
		"a group of nexthops": {"echo 0 >" + compat + "; ip nexthop add id 7 dev up0; ip nexthop add id 8 dev up1; ip nexthop add id 9 group 8/7 && ip route add default nhid 9",
			"echo 1 >" + compat + "; ip nexthop flush"},
		"a default in two halves":     {"ip route add 0.0.0.0/1 dev up0; ip route add 128.0.0.0/1 dev up0", "ip route del 0.0.0.0/1; ip route del 128.0.0.0/1"},
		"a route that moved to it":    {"ip route add default dev up1; ip route replace default dev up0", "ip route del default"},
		"the address of a link on it": {"ip link add link up0 name on0 type macvlan mode bridge; ip link set on0 up; ip addr add 192.0.2.1/24 dev on0", "ip link del on0"},
	} {
		t.Run(what, func(t *testing.T) {
			sh(t, c.set)
			settled(t)
			a.refuseOne(t, refusal{passthruRequest("up0"), codes.PermissionDenied, "which carries a default route or an address of the node"})
			sh(t, c.unset)
			a.refuseOne(t, bound(passthruRequest("up0")))
		})
	}
}

// TestUplinkByOtherNames asks for it by what is not its name, and for what it is a
// part of.
func TestUplinkByOtherNames(t *testing.T) {
	noDAD(t)
	up := uplink(t)
	if err := netlink.LinkAddAltName(up, "alt0"); err != nil {
		t.Fatal(err)
	}
	bridge(t, "br0")
	sh(t, "ip addr add 192.0.2.1/24 dev up0")
	a := start(t, allowAll)
	a.refuse(t, map[string]refusal{
		"passthru by altname":  {passthruRequest("alt0"), codes.FailedPrecondition, "no link of this name"},
		"a card by altname":    {nicRequest("alt0"), codes.FailedPrecondition, "no link of this name"},
		"a card":               {nicRequest("up0"), codes.PermissionDenied, "not the one link of a piece of hardware"},
		"as a bridge":          {bridgeRequest("up0"), codes.PermissionDenied, "not a bridge"},
		"passthru of a port":   {passthruRequest("br0-port"), codes.PermissionDenied, "port of a bridge"},
		"macvlan on a port":    {macvlanRequest("a", "br0-port"), codes.PermissionDenied, "port of a bridge"},
		"ipvlan on a port":     {ipvlanRequest("br0-port"), codes.PermissionDenied, "port of a bridge"},
		"a port as host card":  {nicRequest("br0-port"), codes.PermissionDenied, "piece of hardware"},
		"the bridge as a card": {nicRequest("br0"), codes.PermissionDenied, "piece of hardware"},
	})
}
