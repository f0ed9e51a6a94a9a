package e2e

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// interfaces returns the names of a pod's interfaces, sorted.
func (n *namespace) interfaces(pod string) []string {
	n.t.Helper()
	var names []string
	for line := range strings.Lines(n.exec(pod, "ip", "-brief", "link", "show")) {
		name, _, _ := strings.Cut(line, " ")
		name, _, _ = strings.Cut(name, "@")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (n *namespace) wantInterfaces(pod string, want ...string) {
	n.t.Helper()
	slices.Sort(want)
	if got := n.interfaces(pod); !slices.Equal(got, want) {
		n.t.Errorf("interfaces of %s: %v, want %v", pod, got, want)
	}
}

func TestTwoClaimsOfOnePod(t *testing.T) {
	t.Parallel()
	n := besideOthers(t)
	n.apply(
		claimTemplate("data", claimSpec(t, request{"nic", netdev{"kind": "macvlan", "parent": "eth0", "interfaceName": "data0"}.parameters()})),
		claimTemplate("control", claimSpec(t, request{"nic", netdev{"kind": "dummy", "interfaceName": "ctrl0"}.parameters()})),
		podWith("two", "data", "control"))
	n.ready("two")
	n.wantInterfaces("two", "lo", "eth0", "data0", "ctrl0")
}

// TestOneClaimWithTwoDevices has requests that share a configuration, and a
// default name beside a given one.
func TestOneClaimWithTwoDevices(t *testing.T) {
	t.Parallel()
	n := besideOthers(t)
	spec := claimSpec(t, request{name: "a"}, request{name: "b"}, request{name: "c"})
	spec.Devices.Config = []resourcev1.DeviceClaimConfiguration{
		config(t, netdev{"kind": "dummy", "mtu": 1300}.parameters()),
		config(t, map[string]any{"netdev": netdev{"interfaceName": "net1"}}, "b"),
	}
	n.apply(claimTemplate("both", spec), podWith("one", "both"))
	n.ready("one")
	n.wantInterfaces("one", "lo", "eth0", "net1", "net2", "net3")
	if mtu := n.link("one", "net3").MTU; mtu != 1300 {
		t.Errorf("mtu of net3 is %d, want 1300", mtu)
	}
}

// TestPrioritizedList: a configuration for a request reaches its subrequests.
func TestPrioritizedList(t *testing.T) {
	t.Parallel()
	n := besideOthers(t)
	var spec resourcev1.ResourceClaimSpec
	spec.Devices.Requests = []resourcev1.DeviceRequest{{
		Name: "nic",
		FirstAvailable: []resourcev1.DeviceSubRequest{
			{Name: "rdma", DeviceClassName: "rdma-devices"},
			{Name: "plain", DeviceClassName: deviceClass},
		},
	}}
	spec.Devices.Config = []resourcev1.DeviceClaimConfiguration{
		config(t, netdev{"kind": "dummy"}.parameters(), "nic"),
		config(t, map[string]any{"netdev": netdev{"interfaceName": "plain0"}}, "nic/plain"),
	}
	n.apply(claimTemplate("list", spec), podWith("first", "list"))
	n.ready("first")
	n.wantInterfaces("first", "lo", "eth0", "plain0")
}

// TestDefaultNames: claims of one pod that name no interface get net1, net2.
func TestDefaultNames(t *testing.T) {
	t.Parallel()
	n := besideOthers(t)
	n.apply(
		claimTemplate("x", claimSpec(t, request{"nic", netdev{"kind": "dummy"}.parameters()})),
		claimTemplate("y", claimSpec(t, request{"nic", netdev{"kind": "dummy"}.parameters()})),
		podWith("names", "x", "y"))
	n.ready("names")
	n.wantInterfaces("names", "lo", "eth0", "net1", "net2")
}

// TestDeviceClassFixesFields: what a class sets is not the claim's to change,
// but for what it lists as overridable.
func TestDeviceClassFixesFields(t *testing.T) {
	t.Parallel()
	n := besideOthers(t)
	class := &resourcev1.DeviceClass{
		TypeMeta:   metav1.TypeMeta{APIVersion: "resource.k8s.io/v1", Kind: "DeviceClass"},
		ObjectMeta: metav1.ObjectMeta{Name: "e2e-fixed"},
		Spec: resourcev1.DeviceClassSpec{
			Selectors: []resourcev1.DeviceSelector{{CEL: &resourcev1.CELDeviceSelector{Expression: `device.driver == "dra.example.com" && device.attributes["dra.example.com"].kind == "virtual"`}}},
			Config: []resourcev1.DeviceClassConfiguration{{DeviceConfiguration: config(t, map[string]any{
				"type": "netdev", "overridable": []string{"netdev.mtu"},
				"netdev": netdev{"kind": "macvlan", "parent": "eth0", "mtu": 1400},
			}).DeviceConfiguration}},
		},
	}
	t.Cleanup(func() { mustKubectl(t, nil, "delete", "deviceclass", class.Name) })
	spec := func(n netdev) resourcev1.ResourceClaimSpec {
		s := claimSpec(t, request{"nic", map[string]any{"netdev": n}})
		s.Devices.Requests[0].Exactly.DeviceClassName = class.Name
		return s
	}
	n.apply(class,
		claimTemplate("allowed", spec(netdev{"mtu": 1300, "interfaceName": "data0"})), podWith("allowed", "allowed"),
		claimTemplate("fixed", spec(netdev{"parent": "eth1"})), podWith("fixed", "fixed"))
	n.ready("allowed")
	if l := n.link("allowed", "data0"); l.MTU != 1300 || l.LinkInfo.Kind != "macvlan" {
		t.Errorf("got %+v, want a macvlan with mtu 1300", l)
	}
	n.wantEvent("fixed", "netdev.parent: Forbidden", "device class sets it to eth0")
}

// TestContainerWithoutTheClaim: a container that does not list the pod's
// claim does no harm.
func TestContainerWithoutTheClaim(t *testing.T) {
	t.Parallel()
	n := besideOthers(t)
	p := podWith("bystander", "nic")
	p.Spec.Containers[0].Resources.Claims = nil
	p.Spec.Containers = append(p.Spec.Containers, corev1.Container{
		Name: "user", Image: exampleImage, ImagePullPolicy: corev1.PullIfNotPresent,
		Command:   []string{"sleep", "infinity"},
		Resources: corev1.ResourceRequirements{Claims: []corev1.ResourceClaim{{Name: "nic"}}},
	})
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", netdev{"kind": "dummy", "interfaceName": "net1"}.parameters()})), p)
	n.ready("bystander")
	n.wantInterfaces("bystander", "lo", "eth0", "net1")
}
