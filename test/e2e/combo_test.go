package e2e

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	resourcev1 "k8s.io/api/resource/v1"

	"github.com/hawser-dra/hawser/test/node/infiniband"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// functionWithRDMA makes one virtual function that is an RDMA device, too, and
// returns its link and where it is, as device names have it.
func functionWithRDMA(t *testing.T) (link, where string) {
	t.Helper()
	for address, l := range functions(t, 1) {
		link, where = l, strings.NewReplacer(":", "-", ".", "-").Replace(address)
	}
	tools, err := toolchain.New("", t.Output())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := infiniband.RemoveFromCard(context.Background(), theCluster.Node(), "mlx5_9"); err != nil {
			t.Error(err)
		}
		wantOffered(t, "combo-"+where, false)
	})
	if err := infiniband.AddOnCard(t.Context(), tools, theCluster.Node(), "mlx5_9", link); err != nil {
		t.Fatal(err)
	}
	wantOffered(t, "combo-"+where, true)
	return link, where
}

// TestFacesOfAFunction has a function that is offered as itself, as its RDMA
// device and as both. The example takes both; nobody gets one of the faces then.
// When pods share the RDMA device nobody gets the function.
func TestFacesOfAFunction(t *testing.T) {
	link, where := functionWithRDMA(t)
	loadRDMAImage(t)
	before := cardAsIs(t, link, physical)
	all := offered(t)
	for _, face := range []string{"combo-", "rdma-", "vf-"} {
		d, ok := all[face+where]
		if want := (resourcev1.DeviceCounterConsumption{CounterSet: where}); !ok || len(d.ConsumesCounters) != 1 || d.ConsumesCounters[0].CounterSet != want.CounterSet {
			t.Errorf("%s is offered as %+v", face+where, d)
		}
	}

	n := newNamespace(t)
	mustKubectl(t, nil, "apply", "-n", n.name, "-f", filepath.Join(repo, "deploy", "examples", "roce-sriov.yaml"))
	const pod = "roce-sriov-example"
	n.ready(pod)
	n.wantInterfaces(pod, "lo", "eth0", "rdma0")
	n.wantDeviceFiles(pod)
	if card := onNode(t, "ip link show dev "+physical); !strings.Contains(card, "vlan 100") {
		t.Errorf("the card lacks the claim's settings:\n%s", card)
	}
	n.killContainer(pod, "shell")
	n.restarted(pod, "shell", 1)
	n.wantInterfaces(pod, "lo", "eth0", "rdma0")
	n.wantDeviceFiles(pod)

	vf := netdev{"kind": "sriov-vf"}
	n.apply(claimTemplate("vf", ofClass(t, vfClass, request{"nic", vf.parameters()})),
		claimTemplate("hca", rdmaSpec(t, "rdma-devices", uverbs())),
		podWith("function", "vf"), rdmaPod("first", "hca"), rdmaPod("second", "hca"))
	for _, waits := range []string{"function", "first", "second"} {
		n.wantEvent(waits, "FailedScheduling", "cannot allocate all claims")
	}
	n.delete("pod/function")
	n.delete("pod/" + pod)
	n.ready("first", "second") // both have the one RDMA device
	n.wantDeviceFiles("first")
	n.apply(podWith("function", "vf"))
	n.wantEvent("function", "FailedScheduling", "cannot allocate all claims")
	n.delete("pod/first")
	n.delete("pod/second")
	n.ready("function")
	n.delete("pod/function")
	wantCardAsIs(t, before, link, physical)
}
