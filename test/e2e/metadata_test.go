package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// metadataFile is where Kubernetes has a container find what the device of a
// request is, for a claim that was made of a template; both are called alike here.
const metadataFile = "/var/run/kubernetes.io/dra-device-attributes/resourceclaimtemplates/%[1]s/%[1]s/" + driverName + "-metadata.json"

// TestDeviceMetadata has the driver tell containers what their devices are: an
// interface, and an interface with an RDMA device.
func TestDeviceMetadata(t *testing.T) {
	mustKubectl(t, nil, "patch", "-n", "dra-system", "daemonset/dra-driver", "--type=json", "-p",
		`[{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--device-metadata"}]`)
	driverReady(t)
	t.Cleanup(func() {
		mustKubectl(t, nil, "rollout", "undo", "-n", "dra-system", "daemonset/dra-driver")
		driverReady(t)
		if left := onNode(t, "ls "+cdiDir+" | grep metadata; ls /var/lib/kubelet/plugins/"+driverName+"/dra-device-metadata 2>/dev/null; true"); left != "" {
			t.Errorf("left of the metadata:\n%s", left)
		}
	})
	softRDMA(t, "rxe0", "eth0")
	n := newNamespace(t)
	nic := netdev{"kind": "macvlan", "parent": "eth0", "interfaceName": "data0", "addresses": []string{"192.0.2.41/24", "2001:db8:1::41/64"}}
	roce := map[string]any{"type": "combo", "combo": map[string]any{"kind": "roce", "netdev": netdev{"kind": "macvlan", "interfaceName": "rdma0"}}}
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", nic.parameters()})), claimTemplate("hca", rdmaSpec(t, "roce-devices", roce)), podWith("told", "nic", "hca"))
	n.ready("told")
	for restarts := range int32(2) {
		nic := n.told("told", "nic")
		if d := nic.NetworkData; d.InterfaceName != "data0" || d.HardwareAddress != n.link("told", "data0").MAC || strings.Join(d.IPs, " ") != "192.0.2.41/24 2001:db8:1::41/64" {
			t.Errorf("told %+v of the interface", nic)
		}
		hca := n.told("told", "hca")
		if d := hca.NetworkData; d.InterfaceName != "rdma0" || hca.Attributes[driverName+"/ibdev"].String != "rxe0" {
			t.Errorf("told %+v of the RDMA device", hca)
		}
		if restarts == 0 {
			n.killContainer("told", "shell")
			n.restarted("told", "shell", 1)
		}
	}
	n.delete("pod/told")
}

// told is a device as the container reads of it.
type told struct {
	Attributes  map[string]struct{ String string }
	NetworkData struct {
		InterfaceName, HardwareAddress string
		IPs                            []string
	}
}

func (n *namespace) told(pod, claim string) told {
	n.t.Helper()
	out := n.exec(pod, "cat", fmt.Sprintf(metadataFile, claim))
	var file struct {
		Requests []struct{ Devices []told }
	}
	if err := json.Unmarshal([]byte(out), &file); err != nil || len(file.Requests) != 1 || len(file.Requests[0].Devices) != 1 {
		n.t.Fatalf("of claim %s the container reads %v: %s", claim, err, out)
	}
	return file.Requests[0].Devices[0]
}
