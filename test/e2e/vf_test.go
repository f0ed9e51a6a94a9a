package e2e

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	resourcev1 "k8s.io/api/resource/v1"
)

const (
	// physical is the node's card with virtual functions.
	physical = "eth1"
	vfClass  = "sriov-vfs"
)

// functions makes virtual functions on the node, waits until they are on offer,
// and takes them away after the test. It returns their links by PCI address.
func functions(t *testing.T, count int) map[string]string {
	t.Helper()
	onNode(t, fmt.Sprintf("echo 0 >/proc/sys/net/ipv6/conf/%s/accept_ra && ip link set %s up && echo %d >/sys/class/net/%s/device/sriov_numvfs", physical, physical, count, physical))
	t.Cleanup(func() {
		onNode(t, fmt.Sprintf("echo 0 >/sys/class/net/%s/device/sriov_numvfs; ip link set %s down", physical, physical))
		wantDevices(t, "sriov-vf", 0)
	})
	onNode(t, fmt.Sprintf("until [ $(cat /sys/class/net/%s/carrier) = 1 ]; do sleep 0.1; done", physical)) // its rates need one
	wantDevices(t, "sriov-vf", count)
	links := map[string]string{}
	out := onNode(t, fmt.Sprintf(`for f in /sys/class/net/%s/device/virtfn*; do echo $(basename $(readlink $f)) $(ls $f/net); done`, physical))
	for line := range strings.Lines(out) {
		address, link, _ := strings.Cut(strings.TrimSpace(line), " ")
		links[address] = link
	}
	return links
}

// devices returns what the node offers of a kind.
func devices(t *testing.T, kind string) []resourcev1.Device {
	t.Helper()
	var found []resourcev1.Device
	for _, d := range offered(t) {
		if k := d.Attributes[driverQualified("kind")].StringValue; k != nil && *k == kind {
			found = append(found, d)
		}
	}
	return found
}

// wantDevices waits until the node offers so many of a kind.
func wantDevices(t *testing.T, kind string, count int) {
	t.Helper()
	eventually(t, func() error {
		if got := devices(t, kind); len(got) != count {
			return fmt.Errorf("%d devices of kind %s are on offer, want %d: %+v", len(got), kind, count, got)
		}
		return nil
	})
}

// ofClass is claimSpec with another class than that of virtual devices.
func ofClass(t *testing.T, class string, requests ...request) resourcev1.ResourceClaimSpec {
	t.Helper()
	spec := claimSpec(t, requests...)
	for i := range spec.Devices.Requests {
		spec.Devices.Requests[i].Exactly.DeviceClassName = class
	}
	return spec
}

// indexAndState is what `ip link` tells that is not part of how a link is.
var indexAndState = regexp.MustCompile(`(?m)^\d+: |qdisc \S+|\bstate \S+|\bmode \S+|NO-CARRIER,|,LOWER_UP|permaddr \S+ `)

// cardAsIs is all that the node's kernel says of the card, its functions'
// settings and their links.
func cardAsIs(t *testing.T, links ...string) string {
	t.Helper()
	var b strings.Builder
	for _, l := range links {
		b.WriteString(indexAndState.ReplaceAllString(onNode(t, "ip -d link show dev "+l), ""))
	}
	return b.String()
}

// wantCardAsIs waits until the card and its functions are as before.
func wantCardAsIs(t *testing.T, before string, links ...string) {
	t.Helper()
	eventually(t, func() error { return wantSame(before, cardAsIs(t, links...)) })
}

// TestSriovVf runs the example: a function in a pod with all settings, each read
// back on the card. A container that is restarted finds it; after the pod the card
// is as it was.
func TestSriovVf(t *testing.T) {
	links := append(slices.Collect(maps.Values(functions(t, 3))), physical)
	before := cardAsIs(t, links...)
	n := newNamespace(t)
	mustKubectl(t, nil, "apply", "-n", n.name, "-f", filepath.Join(repo, "deploy", "examples", "sriov-vf.yaml"))
	const pod = "sriov-vf-example"
	n.ready(pod)
	n.wantInterfaces(pod, "lo", "eth0", "data0")
	if l := n.link(pod, "data0"); l.MTU != 1400 || l.MAC != "02:00:5e:10:00:21" {
		t.Errorf("in the pod: %+v", l)
	}
	card := onNode(t, "ip link show dev "+physical)
	for _, want := range []string{"link/ether 02:00:5e:10:00:21", "vlan 100, qos 3", "max_tx_rate 100Mbps", "spoof checking on", "trust off"} {
		if !strings.Contains(card, want) {
			t.Errorf("the card lacks %q:\n%s", want, card)
		}
	}
	wantDevices(t, "sriov-vf", 3) // one is in the pod, and listed
	n.wantStatus(pod, "net", "data0", "02:00:5e:10:00:21", "192.0.2.21/24", "2001:db8:1::21/64")
	n.killContainer(pod, "shell")
	n.restarted(pod, "shell", 1)
	n.wantInterfaces(pod, "lo", "eth0", "data0")
	n.delete("pod/" + pod)
	wantCardAsIs(t, before, links...)
}

// TestTwoFunctionsOfOneName: two pods have functions that are both called net1,
// lose their sandboxes and get them back, and end together.
func TestTwoFunctionsOfOneName(t *testing.T) {
	links := append(slices.Collect(maps.Values(functions(t, 2))), physical)
	before := cardAsIs(t, links...)
	n := newNamespace(t)
	vf := netdev{"kind": "sriov-vf", "interfaceName": "net1", "trust": true}
	n.apply(claimTemplate("vf", ofClass(t, vfClass, request{"nic", vf.parameters()})), podWith("a", "vf"), podWith("b", "vf"))
	n.ready("a", "b")
	n.wantInterfaces("a", "lo", "eth0", "net1")
	n.wantInterfaces("b", "lo", "eth0", "net1")
	for _, pod := range []string{"a", "b"} {
		n.killSandbox(pod)
	}
	for _, pod := range []string{"a", "b"} {
		n.restarted(pod, "shell", 1)
		n.wantInterfaces(pod, "lo", "eth0", "net1")
	}
	mustKubectl(t, nil, "delete", "-n", n.name, "pod/a", "pod/b", "--timeout="+patience.String())
	wantCardAsIs(t, before, links...)
}

// TestFunctionSettingsRefused asks for what the node's card does not have: the
// event names the field, and the card is as it was.
func TestFunctionSettingsRefused(t *testing.T) {
	links := append(slices.Collect(maps.Values(functions(t, 1))), physical)
	before := cardAsIs(t, links...)
	for name, c := range map[string]struct {
		netdev netdev
		parts  []string
	}{
		"rate":     {netdev{"kind": "sriov-vf", "vlan": 9, "minTxRate": 10}, []string{"sriov_vf.min_tx_rate", "the card does not support it"}},
		"state":    {netdev{"kind": "sriov-vf", "trust": true, "linkState": "disable"}, []string{"sriov_vf.link_state", "the card does not support it"}},
		"protocol": {netdev{"kind": "sriov-vf", "vlan": 9, "vlanProto": "802.1ad"}, []string{"sriov_vf.vlan_protocol", "the card does not support it"}},
		"vlan":     {netdev{"kind": "sriov-vf", "vlan": 4095}, []string{"netdev.vlan: Invalid value: 4095", "0 to 4094"}},
		"field":    {netdev{"kind": "sriov-vf", "parent": physical}, []string{"netdev.parent: Forbidden"}},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNamespace(t)
			n.apply(claimTemplate("vf", ofClass(t, vfClass, request{"nic", c.netdev.parameters()})), podWith("refused", "vf"))
			n.wantEvent("refused", c.parts...)
			wantCardAsIs(t, before, links...)
		})
	}
}

// TestFunctionFromTheVirtualDevice is refused: the scheduler would not know which
// function it has.
func TestFunctionFromTheVirtualDevice(t *testing.T) {
	n := newNamespace(t)
	n.apply(claimTemplate("vf", claimSpec(t, request{"nic", netdev{"kind": "sriov-vf"}.parameters()})), podWith("refused", "vf"))
	n.wantEvent("refused", "netdev-virtual, which cannot be a sriov-vf", `device.attributes["dra.example.com"].kind == "sriov-vf"`)
}
