package e2e

import (
	"testing"
	"time"
)

// away is how long the API server is: longer than the driver's and the
// kubelet's requests wait, and than a node's lease lasts.
const away = time.Minute

// TestAPIServerAway: pods that run, run on, a container of theirs that crashes is
// started again, and what was missed is caught up: a pod that was on its way, and
// a driver that started meanwhile.
func TestAPIServerAway(t *testing.T) {
	n := newNamespace(t)
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", addressed("data0").parameters()})), podWith("runs", "nic"))
	n.ready("runs")
	before := n.identity("runs", "data0")
	n.apply(podWith("late", "nic"))

	resume, err := theCluster.StopAPIServer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := resume(); err != nil {
			t.Error(err)
		}
	})
	n.killTasks("runs", "container")
	kill(t, "dra-driver")
	time.Sleep(away)
	if err := resume(); err != nil {
		t.Fatal(err)
	}

	n.restarted("runs", "shell", 1)
	driverReady(t)
	if after := n.identity("runs", "data0"); after != before {
		t.Errorf("data0 has %s, had %s", after, before)
	}
	n.ready("late")
	n.wantStatus("late", "nic", "data0", n.link("late", "data0").MAC, "192.0.2.7/24", "2001:db8::7/64")
	n.apply(podWith("next", "nic"))
	n.ready("next")
}
