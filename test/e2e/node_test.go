package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Where the product keeps its files on a node.
const (
	cdiDir     = "/etc/cdi"
	stateDir   = "/var/lib/kubelet/plugins/" + driverName + "/claims"
	journalDir = "/run/hawser/netagent"
	linkGroup  = "18519"
)

// onNode runs a shell script on the node and returns what it printed.
func onNode(t *testing.T, script string) string {
	t.Helper()
	out, err := theCluster.Node().Run(context.Background(), script)
	if err != nil {
		t.Fatalf("on the node: %s: %v", script, err)
	}
	return out
}

// listOurs lists what the product has on the node for claims: links, specs, records
// and the journal, one a line.
var listOurs = fmt.Sprintf(`
	ip -o link show group %s | sed 's/^/link /'
	for d in %s %s %s; do find $d -mindepth 1 ! -name claims.lock ! -name faults ! -path "*/handover*" 2>/dev/null; done
	true`, linkGroup, cdiDir, stateDir, journalDir)

func nodeFiles(t *testing.T) string {
	t.Helper()
	return onNode(t, listOurs)
}

// wantCleanNode waits until nothing of any claim is on the node.
func wantCleanNode(t *testing.T) {
	t.Helper()
	eventually(t, func() error { return nothingIn(nodeFiles(t)) })
}

// wantNothingOf waits until nothing of those claims is on the node.
func wantNothingOf(t *testing.T, claimUIDs []string) {
	t.Helper()
	eventually(t, func() error {
		left := ""
		for line := range strings.Lines(nodeFiles(t)) {
			if slices.ContainsFunc(claimUIDs, func(uid string) bool { return strings.Contains(line, uid) }) {
				left += line
			}
		}
		return nothingIn(left)
	})
}

// checkCleanNode is wantCleanNode for the end of all tests, each of which has waited.
func checkCleanNode(ctx context.Context) error {
	left, err := theCluster.Node().Run(ctx, listOurs)
	if err != nil {
		return err
	}
	return nothingIn(left)
}

// nothingIn is an error if a list of what is on the node has something.
func nothingIn(list string) error {
	if list != "" {
		return fmt.Errorf("left on the node:\n%s", list)
	}
	return nil
}

// parent makes a link on the node that claims can use as a parent, and takes it
// away when the test ends. Its name must be one that the shipped manifest
// allows.
func parent(t *testing.T, name, kind string) {
	t.Helper()
	onNode(t, fmt.Sprintf("ip link add %s type %s && ip link set %s up", name, kind, name))
	t.Cleanup(func() { onNode(t, "ip link del "+name) })
}

// hostNetwork is everything of the host's network that a refused claim must not change.
func hostNetwork(t *testing.T) string {
	t.Helper()
	// The CNI plugin's bridge and veth ends come, go and change with any pod.
	out := onNode(t, `ip -o link | grep -v 'veth\|cni0'; ip -o addr | grep -v 'veth\|cni0' | sed 's/ valid_lft.*//'
		ip route | grep -v cni0; ip -6 route | grep -v 'veth\|cni0'; ip rule`)
	var lines []string
	for line := range strings.Lines(out) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}

// wantSame says in which lines two texts differ.
func wantSame(before, after string) error {
	var diff []string
	for line := range strings.Lines(after) {
		if !strings.Contains(before, strings.TrimSpace(line)) {
			diff = append(diff, "+ "+strings.TrimSpace(line))
		}
	}
	for line := range strings.Lines(before) {
		if !strings.Contains(after, strings.TrimSpace(line)) {
			diff = append(diff, "- "+strings.TrimSpace(line))
		}
	}
	if len(diff) > 0 {
		return fmt.Errorf("the host's network changed:\n%s", strings.Join(diff, "\n"))
	}
	return nil
}
