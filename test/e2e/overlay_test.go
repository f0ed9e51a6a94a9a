package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hawser-dra/hawser/test/product"
)

// installOverlay installs one of deploy/overlays instead of what is installed,
// with further arguments of the driver, and puts that back after the test.
func installOverlay(t *testing.T, name string, driverArgs ...string) {
	t.Helper()
	var patch []map[string]any
	for _, arg := range driverArgs {
		patch = append(patch, map[string]any{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": arg})
	}
	change, err := json.Marshal(patch)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	overlay, err := filepath.Abs(filepath.Join(repo, "deploy", "overlays", name))
	if err == nil {
		overlay, err = filepath.Rel(dir, overlay)
	}
	if err != nil {
		t.Fatal(err)
	}
	kustomization := fmt.Sprintf("resources: [%s]\npatches:\n  - target: {kind: DaemonSet, name: %s}\n    patch: '%s'\n", overlay, product.DaemonSet, change)
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(kustomization), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		source := product.Source{Repo: repo, Version: "v0.0.0-test", Log: t.Output()}
		if err := source.Install(context.Background(), theCluster); err != nil {
			t.Error(err)
		}
		onNode(t, fmt.Sprintf("echo 0 >/sys/class/net/%s/device/sriov_numvfs; ip link set %s down", physical, physical))
		wantDevices(t, "sriov-vf", 0)
	})
	mustKubectl(t, nil, "apply", "-k", dir)
	mustKubectl(t, nil, "rollout", "status", "-n", product.Namespace, "daemonset/"+product.DaemonSet, "--timeout="+patience.String())
}
