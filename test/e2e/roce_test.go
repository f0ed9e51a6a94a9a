package e2e

import (
	"path/filepath"
	"testing"
)

// roce are the parameters of a claim for an RDMA device and an interface.
func roce(n netdev) map[string]any {
	return map[string]any{"type": "combo", "combo": map[string]any{"kind": "roce", "netdev": n}}
}

// TestRoce runs a pod with each kind of interface that can go with an RDMA
// device. Those without a parent stand on the RDMA device's own link.
func TestRoce(t *testing.T) {
	parent(t, "enroce", "dummy")
	parent(t, "brroce", "bridge")
	softRDMA(t, "rxe0", "eth0")
	loadRDMAImage(t)
	n := newNamespace(t)
	var pods []string
	for name, nd := range map[string]netdev{
		"macvlan": {"kind": "macvlan"},
		"ipvlan":  {"kind": "ipvlan", "parent": "enroce"},
		"veth":    {"kind": "veth", "parent": "brroce"},
		"dummy":   {"kind": "dummy", "mtu": 1400},
	} {
		nd["interfaceName"] = "rdma0"
		n.apply(claimTemplate(name, rdmaSpec(t, "roce-devices", roce(nd))), rdmaPod(name, name))
		pods = append(pods, name)
	}
	n.ready(pods...)
	for _, pod := range pods {
		n.wantInterfaces(pod, "lo", "eth0", "rdma0")
		if l := n.link(pod, "rdma0"); l.LinkInfo.Kind != pod {
			t.Errorf("interface of %s: %+v", pod, l)
		}
		n.wantDeviceFiles(pod)
		n.wantStatus(pod, pod, "rdma0", n.link(pod, "rdma0").MAC)
	}
	n.pingPong("macvlan", "dummy")

	// A container that starts again, and a sandbox that is made anew, have both.
	n.killContainer("macvlan", "shell")
	n.restarted("macvlan", "shell", 1)
	n.wantInterfaces("macvlan", "lo", "eth0", "rdma0")
	n.wantDeviceFiles("macvlan")
	n.killSandbox("veth")
	n.restarted("veth", "shell", 1)
	n.wantInterfaces("veth", "lo", "eth0", "rdma0")
	n.wantDeviceFiles("veth")
}

// TestRoceWithCard has an RDMA device and a whole card of the node, which is back
// as it was when the pod has ended.
func TestRoceWithCard(t *testing.T) {
	before := cardAsIs(t, physical)
	softRDMA(t, "rxe0", "eth0")
	n := newNamespace(t)
	card := netdev{"kind": "host-device", "hostDevice": physical, "interfaceName": "rdma0"}
	n.apply(claimTemplate("nic", rdmaSpec(t, "roce-devices", roce(card))), podWith("card", "nic"))
	n.ready("card")
	n.wantInterfaces("card", "lo", "eth0", "rdma0")
	n.wantDeviceFiles("card")
	n.killContainer("card", "shell")
	n.restarted("card", "shell", 1)
	n.wantInterfaces("card", "lo", "eth0", "rdma0")
	n.wantDeviceFiles("card")
	n.delete("pod/card")
	wantCardAsIs(t, before, physical)
}

// TestTemplatesOfTheExamples uses the claim templates of deployment.yaml that no
// pod in it uses.
func TestTemplatesOfTheExamples(t *testing.T) {
	softRDMA(t, "rxe0", "eth0")
	n := newNamespace(t)
	mustKubectl(t, nil, "apply", "-n", n.name, "-f", filepath.Join(repo, "deploy", "deployment.yaml"))
	n.apply(podWith("rdma", "rdma-claim-template"), podWith("roce", "roce-claim-template"), podWith("macvlan", "macvlan-claim-template"))
	n.ready("rdma", "roce", "macvlan")
	n.wantInterfaces("rdma", "lo", "eth0")
	n.wantInterfaces("roce", "lo", "eth0", "rdma0")
	n.wantInterfaces("macvlan", "lo", "eth0", "data0")
	n.wantDeviceFiles("rdma")
	n.wantDeviceFiles("roce")
}

func TestRoceRefused(t *testing.T) {
	softRDMA(t, "rxe0", "eth0")
	n := newNamespace(t)
	for name, nd := range map[string]netdev{
		"ipoib":  {"kind": "ipoib", "parent": "ib0", "pkey": 0x8001},
		"vf":     {"kind": "sriov-vf"},
		"parent": {"kind": "macvlan", "parent": "lo"},
	} {
		n.apply(claimTemplate(name, rdmaSpec(t, "roce-devices", roce(nd))), podWith(name, name))
	}
	n.wantEvent("ipoib", `combo.netdev.kind: Invalid value: "ipoib"`, "RDMA over Ethernet")
	n.wantEvent("vf", `combo.netdev.kind: Invalid value: "sriov-vf"`, "the allocated device rdma-rxe0 has none: request one that has")
	n.wantEvent("parent", `macvlan.parent "lo": not among the links that --allow-parents allows`)
}
