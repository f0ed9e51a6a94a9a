package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestParentGoesAndComesBack: a macvlan in a pod dies with its parent. The
// claim's status says so and why nothing is done about it; with the parent the
// link comes back, and the next start of a container takes it.
func TestParentGoesAndComesBack(t *testing.T) {
	parent(t, "eth9", "dummy")
	n := newNamespace(t)
	nic := netdev{"kind": "macvlan", "parent": "eth9", "interfaceName": "data0"}
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", nic.parameters()})), podWith("stands", "nic"))
	n.ready("stands")
	n.wantInterfaces("stands", "lo", "eth0", "data0")
	n.condition("stands", "nic", "Ready", "InPod")

	onNode(t, "ip link del eth9")
	if lost := n.condition("stands", "nic", "Ready", "Lost"); lost.Status != "False" {
		t.Errorf("condition is %+v", lost)
	}
	eventually(t, func() error {
		if lost := n.condition("stands", "nic", "Ready", "Lost"); !strings.Contains(lost.Message, `parent "eth9": the node has no link of this name`) {
			return fmt.Errorf("condition is %+v", lost)
		}
		return nil
	})
	n.wantInterfaces("stands", "lo", "eth0")

	onNode(t, "ip link add eth9 type dummy && ip link set eth9 up")
	n.condition("stands", "nic", "Ready", "Prepared")
	n.killContainer("stands", "shell")
	n.restarted("stands", "shell", 1)
	n.wantInterfaces("stands", "lo", "eth0", "data0")
	n.condition("stands", "nic", "Ready", "InPod")
}
