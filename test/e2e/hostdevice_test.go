package e2e

import (
	"path/filepath"
	"testing"
)

// TestHostDevice runs the example with the node's one card that it does not use:
// in the pod, restarted, and back as it was.
func TestHostDevice(t *testing.T) {
	wantDevices(t, "host-device", 1)
	before := cardAsIs(t, physical)
	n := newNamespace(t)
	mustKubectl(t, nil, "apply", "-n", n.name, "-f", filepath.Join(repo, "deploy", "examples", "host-device.yaml"))
	const pod = "host-device-example"
	n.ready(pod)
	n.wantInterfaces(pod, "lo", "eth0", "data0")
	if l := n.link(pod, "data0"); l.MTU != 1400 || l.MAC != "02:00:5e:10:00:22" {
		t.Errorf("in the pod: %+v", l)
	}
	wantDevices(t, "host-device", 1)
	n.wantStatus(pod, "net", "data0", "02:00:5e:10:00:22", "192.0.2.22/24", "2001:db8:1::22/64")
	n.killContainer(pod, "shell")
	n.restarted(pod, "shell", 1)
	n.wantInterfaces(pod, "lo", "eth0", "data0")
	n.delete("pod/" + pod)
	wantCardAsIs(t, before, physical)
}

// TestHostDeviceByName: a claim of the virtual device names the card. A second one
// waits until it is back.
func TestHostDeviceByName(t *testing.T) {
	before := cardAsIs(t, physical)
	n := newNamespace(t)
	named := netdev{"kind": "host-device", "hostDevice": physical, "interfaceName": "data0"}
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", named.parameters()})), podWith("first", "nic"))
	n.ready("first")
	n.wantInterfaces("first", "lo", "eth0", "data0")
	n.apply(podWith("second", "nic"))
	n.wantEvent("second", `host_device.name "`+physical+`"`, "has it; it can be had when that claim has ended")
	n.delete("pod/first")
	n.ready("second")
	n.wantInterfaces("second", "lo", "eth0", "data0")
	n.delete("pod/second")
	wantCardAsIs(t, before, physical)
}

// TestNeverLent names what the node needs.
func TestNeverLent(t *testing.T) {
	before := hostNetwork(t)
	for name, c := range map[string]struct {
		link string
		part string
	}{
		"uplink":  {"eth0", "the node uses it"},
		"cni":     {"cni0", "--allow-devices"},
		"nothing": {"eth77", "no link of this name"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNamespace(t)
			nic := netdev{"kind": "host-device", "hostDevice": c.link}
			n.apply(claimTemplate("nic", claimSpec(t, request{"nic", nic.parameters()})), podWith("refused", "nic"))
			n.wantEvent("refused", `host_device.name "`+c.link+`"`, c.part)
			if err := wantSame(before, hostNetwork(t)); err != nil {
				t.Error(err)
			}
		})
	}
}
