package e2e

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// TestUverbs has two pods with a claim each use one device: they see it, and
// talk to each other over it. So they do after a restart of their containers.
func TestUverbs(t *testing.T) {
	loadRDMAImage(t)
	softRDMA(t, "rxe0", "eth0")
	d := offered(t)["rdma-rxe0"]
	for name, want := range map[string]string{
		"type": "rdma", "kind": "uverbs", "ibdev": "rxe0", "linkLayer": "Ethernet", "netdev": "eth0", "portState": "ACTIVE", "netnsMode": "shared",
	} {
		if got := d.Attributes[driverQualified(name)].StringValue; got == nil || *got != want {
			t.Errorf("attribute %s of the device: %v, want %s", name, got, want)
		}
	}
	if d.AllowMultipleAllocations == nil || !*d.AllowMultipleAllocations {
		t.Error("the device is not shared")
	}

	n := newNamespace(t)
	n.apply(claimTemplate("hca", rdmaSpec(t, "rdma-devices", uverbs())), rdmaPod("server", "hca"), rdmaPod("client", "hca"))
	n.ready("server", "client")
	for times := range int32(2) {
		for _, pod := range []string{"server", "client"} {
			n.wantDeviceFiles(pod)
			out := n.exec(pod, "ibv_devinfo", "-d", "rxe0")
			if !strings.Contains(out, "PORT_ACTIVE") || !strings.Contains(out, "Ethernet") {
				t.Errorf("ibv_devinfo in %s:\n%s", pod, out)
			}
		}
		n.pingPong("server", "client")
		if times == 0 {
			for _, pod := range []string{"server", "client"} {
				n.killContainer(pod, "shell")
				n.restarted(pod, "shell", 1)
			}
			n.ready("server", "client")
		}
	}
	n.condition("client", "hca", "Ready", "InPod")
	n.delete("pod/client")
	n.wantDeviceFiles("server")
}

// pingPong has two pods exchange messages over a reliable RDMA connection, which
// they agree on over their ordinary network.
func (n *namespace) pingPong(server, client string) {
	n.t.Helper()
	var p corev1.Pod
	n.get(&p, "pod", server)
	type result struct {
		out string
		err error
	}
	served := make(chan result, 1)
	go func() {
		out, err := n.tryExec(server, "ibv_rc_pingpong", "-d", "rxe0", "-g", "1", "-n", "100")
		served <- result{out, err}
	}()
	eventually(n.t, func() error {
		out, err := n.tryExec(client, "ibv_rc_pingpong", "-d", "rxe0", "-g", "1", "-n", "100", p.Status.PodIP)
		if err == nil && !strings.Contains(out, "100 iters") {
			err = fmt.Errorf("ibv_rc_pingpong: %s", out)
		}
		return err
	})
	if r := <-served; r.err != nil || !strings.Contains(r.out, "100 iters") {
		n.t.Errorf("the server's ibv_rc_pingpong: %v\n%s", r.err, r.out)
	}
}

// TestRDMADeviceGoesAndComesBack: slices follow without a restart, a claim's
// status says what happened.
func TestRDMADeviceGoesAndComesBack(t *testing.T) {
	softRDMA(t, "rxe0", "eth0")
	n := newNamespace(t)
	n.apply(claimTemplate("hca", rdmaSpec(t, "rdma-devices", uverbs())), podWith("stands", "hca"))
	n.ready("stands")
	n.wantDeviceFiles("stands")
	n.condition("stands", "hca", "Ready", "InPod")

	onNode(t, "rdma link del rxe0")
	wantOffered(t, "rdma-rxe0", false)
	if lost := n.condition("stands", "hca", "Ready", "Lost"); lost.Status != "False" {
		t.Errorf("condition is %+v", lost)
	}
	addSoftRDMA(t, "rxe0", "eth0")
	wantOffered(t, "rdma-rxe0", true)
	n.condition("stands", "hca", "Ready", "Prepared")
	n.killContainer("stands", "shell")
	n.restarted("stands", "shell", 1)
	n.wantDeviceFiles("stands")
	n.condition("stands", "hca", "Ready", "InPod")
}

// TestUverbsRefused: another device than the one that was allocated is not taken
// behind the scheduler's back.
func TestUverbsRefused(t *testing.T) {
	softRDMA(t, "rxe0", "eth0")
	n := newNamespace(t)
	other := map[string]any{"type": "rdma", "rdma": map[string]any{"kind": "uverbs", "preferDevice": "mlx5_0"}}
	n.apply(claimTemplate("other", rdmaSpec(t, "rdma-devices", other)), podWith("other", "other"))
	n.wantEvent("other", `rdma.preferDevice: Invalid value: "mlx5_0"`, "the allocated RDMA device is rxe0", `.ibdev == "mlx5_0"`)
}

// TestTwoPodsShareAnRDMAClaim: other than an interface, a device that is shared
// serves all pods of a claim.
func TestTwoPodsShareAnRDMAClaim(t *testing.T) {
	softRDMA(t, "rxe0", "eth0")
	n := newNamespace(t)
	n.apply(sharedClaim("shared", rdmaSpec(t, "rdma-devices", uverbs())), podOfClaim("first", "shared"), podOfClaim("second", "shared"))
	n.ready("first", "second")
	n.wantDeviceFiles("first")
	n.wantDeviceFiles("second")
	n.delete("pod/first")
	n.killContainer("second", "shell")
	n.restarted("second", "shell", 1)
	n.wantDeviceFiles("second")
}
