package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// kill ends the processes of a program on the node, as a crash does; the
// kubelet starts their containers again.
func kill(t *testing.T, program string) {
	t.Helper()
	onNode(t, "kill -9 $(pidof "+program+")")
}

// driverReady waits until both containers of the driver are ready again. A pod that
// goes after an update never is.
func driverReady(t *testing.T) {
	t.Helper()
	mustKubectl(t, nil, "rollout", "status", "-n", "dra-system", "daemonset/dra-driver", "--timeout="+patience.String())
	eventually(t, func() error {
		pods, err := theCluster.Client().CoreV1().Pods(driverNamespace).List(context.Background(), metav1.ListOptions{LabelSelector: "app=dra-driver"})
		if err != nil {
			return err
		}
		ready := 0
		for i := range pods.Items {
			switch p := &pods.Items[i]; {
			case p.DeletionTimestamp != nil:
			case isReady(p):
				ready++
			default:
				return fmt.Errorf("pod %s of the driver is not ready: %+v", p.Name, p.Status)
			}
		}
		if ready == 0 {
			return errors.New("the driver has no pod")
		}
		return nil
	})
}

// TestRestartBetweenPrepareAndUnprepare: a pod that runs does not notice that
// driver or netagent died, and its end leaves nothing.
func TestRestartBetweenPrepareAndUnprepare(t *testing.T) {
	for _, program := range []string{"dra-driver", "netagent"} {
		t.Run(program, func(t *testing.T) {
			n := newNamespace(t)
			n.apply(claimTemplate("nic", claimSpec(t, request{"nic", netdev{"kind": "macvlan", "parent": "eth0", "interfaceName": "data0"}.parameters()})),
				podWith("runs", "nic"))
			n.ready("runs")
			before := n.link("runs", "data0")
			kill(t, program)
			if after := n.link("runs", "data0"); after.MAC != before.MAC {
				t.Errorf("data0 was %+v, is %+v", before, after)
			}
			driverReady(t)
			n.delete("pod/runs")
			wantCleanNode(t)

			n.apply(podWith("next", "nic"))
			n.ready("next")
			n.wantInterfaces("next", "lo", "eth0", "data0")
		})
	}
}

// TestDeletionWhileNetagentIsAway: Unprepare is tried until netagent is back.
func TestDeletionWhileNetagentIsAway(t *testing.T) {
	n := newNamespace(t)
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", netdev{"kind": "dummy", "interfaceName": "net1"}.parameters()})), podWith("gone", "nic"))
	n.ready("gone")
	mustKubectl(t, nil, "delete", "pod", "-n", n.name, "gone", "--wait=false")
	kill(t, "netagent")
	driverReady(t)
	wantCleanNode(t)
}

// TestSliceOfTheNode: one device for all created links, with its slots.
func TestSliceOfTheNode(t *testing.T) {
	eventually(t, func() error {
		got, err := kubectl(t.Context(), nil, "get", "resourceslices", "-o",
			`jsonpath={range .items[*].spec.devices[*]}{.name} {.allowMultipleAllocations} {.attributes} {.capacity}{end}`)
		if err != nil {
			return err
		}
		for _, want := range []string{"netdev-virtual true", `/type":{"string":"netdev"}`, `/kind":{"string":"virtual"}`, `"value":"128"`, `"default":"1"`} {
			if !strings.Contains(got, want) {
				return fmt.Errorf("the slice's devices are %s, without %s", got, want)
			}
		}
		return nil
	})
}
