package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/meta"
)

// monitor gives a command to the node's QEMU.
func monitor(t *testing.T, command string, arguments map[string]any) {
	t.Helper()
	if _, err := theCluster.Node().Monitor(context.Background(), command, arguments); err != nil {
		t.Fatal(err)
	}
}

// setWire plugs the cable of one of the node's cards, or pulls it.
func setWire(t *testing.T, card string, plugged bool) {
	t.Helper()
	monitor(t, "set_link", map[string]any{"name": card, "up": plugged})
}

// wantHealth waits until the kubelet says of a pod's one device how it is.
func (n *namespace) wantHealth(pod string, health corev1.ResourceHealthStatus, message string) {
	n.t.Helper()
	eventually(n.t, func() error {
		var p corev1.Pod
		n.get(&p, "pod", pod)
		for _, c := range p.Status.ContainerStatuses {
			for _, s := range c.AllocatedResourcesStatus {
				for _, r := range s.Resources {
					got := ""
					if r.Message != nil {
						got = *r.Message
					}
					if r.Health == health && strings.Contains(got, message) {
						return nil
					}
				}
			}
		}
		return fmt.Errorf("%s is not %s with %q: %+v", pod, health, message, p.Status.ContainerStatuses)
	})
}

// taints are the keys of the taints of the node's virtual functions.
func taints(t *testing.T) (keys []string) {
	t.Helper()
	for _, d := range devices(t, "sriov-vf") {
		for _, taint := range d.Taints {
			keys = append(keys, taint.Key+":"+string(taint.Effect))
		}
	}
	return keys
}

// TestSriovOverlay installs deploy/overlays/sriov, with taints besides: there are
// virtual functions without anybody's doing, and a pod gets one. When the card's
// cable is pulled the pod's status says so, and no further pod gets a function.
func TestSriovOverlay(t *testing.T) {
	onNode(t, "echo 0 >/proc/sys/net/ipv6/conf/"+physical+"/accept_ra")
	installOverlay(t, "sriov", "--taint-link-down=1s")
	wantDevices(t, "sriov-vf", 4)
	if count := onNode(t, "cat /sys/class/net/"+physical+"/device/sriov_numvfs"); strings.TrimSpace(count) != "4" {
		t.Errorf("the card has %s functions", count)
	}
	n := newNamespace(t)
	mustKubectl(t, nil, "apply", "-n", n.name, "-f", filepath.Join(repo, "deploy", "examples", "sriov-vf.yaml"))
	const pod = "sriov-vf-example"
	n.ready(pod)
	n.wantHealth(pod, corev1.ResourceHealthStatusHealthy, "")

	const wire = "nic1" // as the node's machine calls the card
	t.Cleanup(func() { setWire(t, wire, true) })
	setWire(t, wire, false)
	n.wantHealth(pod, corev1.ResourceHealthStatusUnhealthy, "has no carrier")
	eventually(t, func() error {
		if got := taints(t); len(got) != 4 || got[0] != driverName+"/link-down:NoSchedule" {
			return fmt.Errorf("taints are %v", got)
		}
		return nil
	})
	vf := netdev{"kind": "sriov-vf"}
	n.apply(claimTemplate("vf", ofClass(t, vfClass, request{"nic", vf.parameters()})), podWith("late", "vf"))
	n.wantEvent("late", "FailedScheduling", "cannot allocate all claims")
	setWire(t, wire, true)
	n.wantHealth(pod, corev1.ResourceHealthStatusHealthy, "")
	n.ready("late")
	if got := taints(t); len(got) != 0 {
		t.Errorf("taints are left: %v", got)
	}
}

// TestCardIsPulledFromAPod: a card is plugged in, a pod gets it whole, its cable is
// pulled, and then the card itself.
func TestCardIsPulledFromAPod(t *testing.T) {
	const card, mac = "pulled", "52:54:00:bb:00:02"
	monitor(t, "device_add", map[string]any{"driver": "e1000e", "id": card, "bus": "spare0", "mac": mac})
	wantDevices(t, "host-device", 2)
	n := newNamespace(t)
	nic := netdev{"kind": "host-device", "interfaceName": "data0"}
	spec := ofClass(t, "host-devices", request{"nic", nic.parameters()})
	spec.Devices.Requests[0].Exactly.Selectors = []resourcev1.DeviceSelector{{CEL: &resourcev1.CELDeviceSelector{
		Expression: fmt.Sprintf("device.attributes[%q].macAddress == %q", driverName, mac),
	}}}
	n.apply(claimTemplate("nic", spec), podWith("has-it", "nic"))
	n.ready("has-it")
	n.wantHealth("has-it", corev1.ResourceHealthStatusHealthy, "")
	setWire(t, card, false)
	n.wantHealth("has-it", corev1.ResourceHealthStatusUnhealthy, "has no carrier")
	setWire(t, card, true)
	n.wantHealth("has-it", corev1.ResourceHealthStatusHealthy, "")
	monitor(t, "device_del", map[string]any{"id": card})
	n.wantHealth("has-it", corev1.ResourceHealthStatusUnhealthy, "the node has this device no more")
	eventually(t, func() error {
		for _, claim := range n.claims("has-it") {
			for _, d := range claim.Status.Devices {
				if c := meta.FindStatusCondition(d.Conditions, "Ready"); c != nil && c.Reason == "Lost" {
					return nil
				}
			}
		}
		return fmt.Errorf("the claim is not lost: %+v", n.claims("has-it"))
	})
	n.delete("pod/has-it")
	wantDevices(t, "host-device", 1)
	wantCleanNode(t)
}
