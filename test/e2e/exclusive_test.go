package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/test/node/infiniband"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// exclusiveRDMA sets the node's RDMA devices to exclusive mode until the test ends,
// when nothing on the node has a network namespace of its own, and gives it one that
// can be moved: rxe0, over eth0.
func exclusiveRDMA(t *testing.T) {
	t.Helper()
	tools, err := toolchain.New("", t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if err := infiniband.Share(t.Context(), tools, theCluster.Node()); err != nil {
		t.Fatal(err)
	}
	onNode(t, "modprobe -a rdma_rxe ib_uverbs && insmod /host/"+infiniband.ModuleFile+" as_ib=0")
	t.Cleanup(func() {
		onNode(t, "for _ in $(seq 100); do rmmod rxe_as_ib && exit; sleep 0.1; done; exit 1")
	})
	setMode := func(mode string) {
		eventually(t, func() error {
			_, err := theCluster.Node().Run(context.Background(), "rdma system set netns "+mode)
			return err
		})
	}
	t.Cleanup(func() { setMode("shared") })
	setMode("exclusive")
	softRDMA(t, "rxe0", "eth0")
}

// TestExclusiveRDMA has a claim's RDMA device move to its pod and come home: with
// an interface, and without one.
func TestExclusiveRDMA(t *testing.T) {
	loadRDMAImage(t)
	exclusiveRDMA(t)
	d := offered(t)["rdma-rxe0"]
	if mode := d.Attributes[driverQualified("netnsMode")].StringValue; mode == nil || *mode != "exclusive" || d.AllowMultipleAllocations != nil {
		t.Errorf("offered as %+v", d)
	}
	n := newNamespace(t)
	n.apply(claimTemplate("roce", rdmaSpec(t, "roce-devices", roce(netdev{"kind": "macvlan", "interfaceName": "rdma0"}))), rdmaPod("roce", "roce"))
	n.ready("roce")
	n.wantInterfaces("roce", "lo", "eth0", "rdma0")
	n.wantExclusive("roce")
	n.condition("roce", "roce", "Ready", "InPod")
	wantOffered(t, "rdma-rxe0", true)
	for times, kill := range []func(){func() { n.killContainer("roce", "shell") }, func() { n.killSandbox("roce") }} {
		kill()
		n.restarted("roce", "shell", int32(times+1))
		n.ready("roce")
		n.wantInterfaces("roce", "lo", "eth0", "rdma0")
		n.wantExclusive("roce")
	}

	// Another claim has to wait for the device.
	n.apply(claimTemplate("hca", rdmaSpec(t, "rdma-devices", uverbs())), rdmaPod("next", "hca"))
	n.wantEvent("next", "cannot allocate all claims")
	n.delete("pod/roce")
	n.ready("next")
	n.wantExclusive("next")
	n.delete("pod/next")
	eventually(t, func() error {
		if home := onNode(t, "rdma dev"); !strings.Contains(home, "rxe0:") {
			return fmt.Errorf("the node has %q", home)
		}
		return nil
	})
}

// wantExclusive checks that the device is in a pod, where programs can use it, and
// nowhere else.
func (n *namespace) wantExclusive(pod string) {
	n.t.Helper()
	n.wantDeviceFiles(pod)
	if out := n.exec(pod, "ibv_devinfo", "-d", "rxe0"); !strings.Contains(out, "PORT_ACTIVE") {
		n.t.Errorf("ibv_devinfo in %s:\n%s", pod, out)
	}
	if home := onNode(n.t, "rdma dev"); strings.Contains(home, "rxe0") {
		n.t.Errorf("while %s has it the node has %q", pod, home)
	}
}
