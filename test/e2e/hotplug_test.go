package e2e

import (
	"fmt"
	"testing"
)

// TestFunctionsComeAndGo: what is on offer follows sriov_numvfs, without a restart
// of anything.
func TestFunctionsComeAndGo(t *testing.T) {
	wantDevices(t, "sriov-vf", 0)
	wantDevices(t, "host-device", 1)
	functions(t, 7)
	wantDevices(t, "host-device", 0) // a card with functions is not lent whole
	onNode(t, fmt.Sprintf("echo 0 >/sys/class/net/%s/device/sriov_numvfs && echo 2 >/sys/class/net/%s/device/sriov_numvfs", physical, physical))
	wantDevices(t, "sriov-vf", 2)
}

// TestOfferFollowsRoutes: a card that gets the node's default route, or an
// address, is no longer on offer.
func TestOfferFollowsRoutes(t *testing.T) {
	wantDevices(t, "host-device", 1)
	for _, c := range []struct{ set, unset string }{
		{"echo 0 >/proc/sys/net/ipv6/conf/eth1/accept_ra && ip link set eth1 up && ip route add default dev eth1 metric 4000", "ip route del default dev eth1 metric 4000; ip link set eth1 down"},
		{"ip addr add 192.0.2.1/24 dev eth1", "ip addr flush dev eth1"},
		{"ip link add br77 type bridge && ip link set eth1 master br77", "ip link del br77"},
	} {
		onNode(t, c.set)
		wantDevices(t, "host-device", 0)
		onNode(t, c.unset)
		wantDevices(t, "host-device", 1)
	}
}

// TestCardIsPlugged plugs a card into the running node and pulls it out.
func TestCardIsPlugged(t *testing.T) {
	wantDevices(t, "host-device", 1)
	monitor(t, "device_add", map[string]any{"driver": "e1000e", "id": "plugged", "bus": "spare0", "mac": "52:54:00:bb:00:01"})
	wantDevices(t, "host-device", 2)
	const link = "$(basename $(dirname $(grep -l 52:54:00:bb:00:01 /sys/class/net/*/address)))"
	onNode(t, "echo 0 >/proc/sys/net/ipv6/conf/"+link+"/accept_ra") // an address would take it off the list
	for _, carrier := range []bool{true, false} {                   // a link that is down has none
		onNode(t, "ip link set "+link+" "+map[bool]string{true: "up", false: "down"}[carrier])
		eventually(t, func() error {
			for _, d := range devices(t, "host-device") {
				mac, got := d.Attributes[driverName+"/macAddress"].StringValue, d.Attributes[driverName+"/carrier"].BoolValue
				if mac != nil && *mac == "52:54:00:bb:00:01" && got != nil && *got == carrier {
					return nil
				}
			}
			return fmt.Errorf("the card's carrier is not %v: %+v", carrier, devices(t, "host-device"))
		})
	}
	monitor(t, "device_del", map[string]any{"id": "plugged"})
	wantDevices(t, "host-device", 1)
}
