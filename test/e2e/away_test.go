package e2e

import (
	"fmt"
	"sync"
	"testing"
)

// takeDriverAway takes the driver off the node, until back is called or the test
// ends: a DaemonSet has no replicas, but it follows its node selector.
func takeDriverAway(t *testing.T) (back func()) {
	t.Helper()
	selectNodes := func(selector string) {
		mustKubectl(t, nil, "patch", "-n", "dra-system", "daemonset/dra-driver", "--type=merge",
			"-p", `{"spec":{"template":{"spec":{"nodeSelector":`+selector+`}}}}`)
	}
	back = sync.OnceFunc(func() {
		selectNodes("null")
		driverReady(t)
	})
	t.Cleanup(back)
	selectNodes(`{"hawser-test/nowhere":"true"}`)
	eventually(t, func() error {
		if left := mustKubectl(t, nil, "get", "pod", "-n", "dra-system", "-l", "app=dra-driver", "-o", "name"); left != "" {
			return fmt.Errorf("still there: %s", left)
		}
		return nil
	})
	return back
}

// TestClaimGoneWhileTheDriverIsAway: what nobody could unprepare is taken back
// when the driver starts.
func TestClaimGoneWhileTheDriverIsAway(t *testing.T) {
	n := newNamespace(t)
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", addressed("data0").parameters()})), podWith("orphan", "nic"))
	n.ready("orphan")
	back := takeDriverAway(t)
	mustKubectl(t, nil, "delete", "pod", "-n", n.name, "orphan", "--force", "--grace-period=0")
	mustKubectl(t, nil, "delete", "resourceclaim", "-n", n.name, "--all", "--timeout="+patience.String())
	if nodeFiles(t) == "" {
		t.Error("somebody cleaned the node without the driver")
	}
	back()
	wantCleanNode(t)
}

// TestSandboxRemadeWhileTheDriverIsAway: no container runs without its
// interface; it starts when the driver is back.
func TestSandboxRemadeWhileTheDriverIsAway(t *testing.T) {
	n := newNamespace(t)
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", addressed("data0").parameters()})), podWith("waits", "nic"))
	n.ready("waits")
	back := takeDriverAway(t)
	n.killSandbox("waits")
	n.wantEvent("waits", "DRA driver "+driverName+" is not registered")
	back()
	n.restarted("waits", "shell", 1)
	n.wantInterfaces("waits", "lo", "eth0", "data0")
}
