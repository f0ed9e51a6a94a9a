package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// TestFullDisk: a claim that cannot be written down fails, says where and why,
// and leaves nothing; it works again when there is room.
func TestFullDisk(t *testing.T) {
	smallDisks(t, cdiDir, stateDir)
	for name, dir := range map[string]string{"cdi": cdiDir, "state": stateDir} {
		t.Run(name, func(t *testing.T) {
			n := newNamespace(t)
			n.apply(claimTemplate("nic", claimSpec(t, request{"nic", netdev{"kind": "dummy", "interfaceName": "net1"}.parameters()})))
			for _, fault := range []struct{ pod, begin, end, event string }{
				{"full", "dd if=/dev/zero of=" + dir + "/fill bs=4k 2>/dev/null || true", "rm " + dir + "/fill", "no space left on device"},
				{"read-only", "mount -o remount,ro " + dir, "mount -o remount,rw " + dir, "read-only file system"},
			} {
				onNode(t, fault.begin)
				n.apply(podWith(fault.pod, "nic"))
				n.wantEvent(fault.pod, dir, fault.event)
				// Between two attempts of the kubelet there is nothing.
				eventually(t, func() error {
					if left := strings.ReplaceAll(nodeFiles(t), dir+"/fill\n", ""); left != "" {
						return fmt.Errorf("a claim that failed left %s", left)
					}
					return nil
				})
				onNode(t, fault.end)
				n.ready(fault.pod)
				n.delete("pod/" + fault.pod)
			}
		})
	}
}

// smallDisks puts a small file system over each directory, until the test ends. Who
// has one of them open is started anew.
func smallDisks(t *testing.T, dirs ...string) {
	t.Helper()
	reopen := func() {
		if err := theCluster.RestartContainerd(context.Background()); err != nil {
			t.Error(err)
		}
		mustKubectl(t, nil, "delete", "pod", "-n", "dra-system", "-l", "app=dra-driver", "--timeout="+patience.String())
		driverReady(t)
	}
	t.Cleanup(reopen)
	for _, dir := range dirs {
		onNode(t, "mkdir -p "+dir+" && mount -t tmpfs -o size=64k,mode=$(stat -c %a "+dir+") small "+dir)
		t.Cleanup(func() { onNode(t, "umount -l "+dir) })
	}
	reopen()
}
