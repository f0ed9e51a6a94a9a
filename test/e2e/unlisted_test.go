package e2e

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// condition waits until the only device of a pod's claim has a condition with
// that reason, and returns it.
func (n *namespace) condition(pod, claim, conditionType, reason string) metav1.Condition {
	n.t.Helper()
	var found metav1.Condition
	eventually(n.t, func() error {
		devices := n.claims(pod)[claim].Status.Devices
		if len(devices) != 1 {
			return fmt.Errorf("claim %s has the status of %d devices", claim, len(devices))
		}
		c := meta.FindStatusCondition(devices[0].Conditions, conditionType)
		if c == nil || c.Reason != reason {
			return fmt.Errorf("claim %s: conditions %+v", claim, devices[0].Conditions)
		}
		found = *c
		return nil
	})
	return found
}

// TestClaimThatNoContainerLists: it is prepared, and says that nobody takes it.
func TestClaimThatNoContainerLists(t *testing.T) {
	t.Parallel()
	n := besideOthers(t)
	p := podWith("forgets", "nic")
	p.Spec.Containers[0].Resources.Claims = nil
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", addressed("data0").parameters()})), p)
	n.ready("forgets")
	n.wantInterfaces("forgets", "lo", "eth0")
	unused := n.condition("forgets", "nic", "Used", "NoContainerListsTheClaim")
	if want := "no container of pod " + n.name + "/forgets lists claim"; unused.Status != metav1.ConditionFalse || !strings.HasPrefix(unused.Message, want) {
		t.Errorf("condition is %+v, want %s", unused, want)
	}
	if ready := n.condition("forgets", "nic", "Ready", "Prepared"); ready.Status != metav1.ConditionTrue {
		t.Errorf("condition is %+v", ready)
	}
}
