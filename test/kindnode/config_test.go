package kindnode

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
)

// config reads kind-config.yaml as kind does: what it does not know is refused.
func config(t *testing.T) v1alpha4.Cluster {
	t.Helper()
	text, err := os.ReadFile(repo + "/kind-config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c v1alpha4.Cluster
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConfig(t *testing.T) {
	c := config(t)
	var roles []string
	for _, n := range c.Nodes {
		roles = append(roles, string(n.Role))
	}
	if got := strings.Join(roles, " "); got != "control-plane worker worker" {
		t.Errorf("nodes are %s", got)
	}
	for _, gate := range []string{"DynamicResourceAllocation", "DRAConsumableCapacity"} {
		if !c.FeatureGates[gate] {
			t.Errorf("feature gate %s is off", gate)
		}
	}
}

// TestContainerdTakesThePatch: after either of the headers that nodes of kind have
// had, a real containerd looks for CDI specs where the driver writes them.
func TestContainerdTakesThePatch(t *testing.T) {
	if testing.Short() {
		t.Skip("builds containerd, which -short is not for")
	}
	containerd, _ := realRuntime(t)
	for _, version := range []string{"2", "3"} {
		file := filepath.Join(t.TempDir(), "config.toml")
		text := "version = " + version + "\n" + strings.Join(config(t).ContainerdConfigPatches, "\n")
		// Another place shows that it is the patch that counts.
		text = strings.ReplaceAll(text, `"/var/run/cdi"`, `"/var/run/other"`)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), filepath.Join(containerd, "containerd"), "--config", file, "config", "dump").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "cdi_spec_dirs = ['/etc/cdi', '/var/run/other']") {
			t.Errorf("version %s: %v\n%s", version, err, out)
		}
	}
}
