package kindnode

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// standIn answers as kind, Docker and kubectl do, and notes how it was called: a
// cluster exists when it was created, an image when it was built.
const standIn = `#!/bin/sh
dir=$(dirname "$0")
echo "$(basename "$0") $*" >>"$dir/calls"
case "$(basename "$0") $*" in
"kind get clusters") cat "$dir/clusters" 2>/dev/null || echo "No kind clusters found." >&2 ;;
"kind create cluster --name "*) echo "$4" >>"$dir/clusters" ;;
"docker image inspect "*) grep -q "^docker build .*-t $3 " "$dir/calls" ;;
"kubectl "*" kustomize "*) cat "$dir/manifests" ;;
esac
`

// stage is a directory of stand-ins.
func stage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"kind", "docker", "kubectl"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(standIn), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "manifests"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// calls runs a target and returns what it called since, without questions.
func calls(t *testing.T, dir string, args ...string) []string {
	t.Helper()
	log := filepath.Join(dir, "calls")
	before, _ := os.ReadFile(log)
	c := exec.CommandContext(t.Context(), "make", append([]string{"--no-print-directory", "-C", repo, "REVISION=0123abc"}, args...)...)
	c.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "MAKEFLAGS=", "MAKELEVEL=")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("make %q: %v\n%s", args, err, out)
	}
	after, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	made := strings.Split(strings.TrimSpace(strings.TrimPrefix(string(after), string(before))), "\n")
	// What only asks is not what the target does.
	return slices.DeleteFunc(made, func(call string) bool {
		return strings.HasPrefix(call, "kind get ") || strings.HasPrefix(call, "docker image ") || strings.HasPrefix(call, "docker info")
	})
}

func wantCalls(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("called\n %s\nwant\n %s", strings.Join(got, "\n "), strings.Join(want, "\n "))
	}
}

// TestClusterOnKind: the node image is built when it is not there, the cluster made
// when it is not there.
func TestClusterOnKind(t *testing.T) {
	dir := stage(t)
	node := "docker build --build-arg BASE=kindest/node:v1.37.0 -t hawser/kind-node:v1.37.0 kind-node"
	create := "kind create cluster --name hawser --config kind-config.yaml --image hawser/kind-node:v1.37.0"
	wantCalls(t, calls(t, dir, "cluster"), node, create)
	wantCalls(t, calls(t, dir, "cluster", "ON=kind"))
	wantCalls(t, calls(t, dir, "cluster", "ON=kind", "KIND_CLUSTER=other"), "kind create cluster --name other --config kind-config.yaml --image hawser/kind-node:v1.37.0")
	wantCalls(t, calls(t, dir, "kind-node", "KIND_BASE=kindest/node:v1.34.0", "BUILDFLAGS=--build-arg RUNC=v1.5.2"),
		"docker build --build-arg RUNC=v1.5.2 --build-arg BASE=kindest/node:v1.34.0 -t hawser/kind-node:v1.34.0 kind-node")
}

// TestStepsOnKind: what goes to the cluster goes to kind's, whatever else the
// kubeconfig names.
func TestStepsOnKind(t *testing.T) {
	dir := stage(t)
	var builds []string
	for _, image := range []string{"driver", "netagent"} {
		builds = append(builds, fmt.Sprintf("docker build --build-arg VERSION=v0.1.0 --build-arg REVISION=0123abc -t hawser/%s:v0.1.0 -f Dockerfile.%[1]s .", image))
	}
	wantCalls(t, calls(t, dir, "build", "ON=kind"), builds...)
	wantCalls(t, calls(t, dir, "load", "ON=kind"), "kind load docker-image --name hawser hawser/driver:v0.1.0 hawser/netagent:v0.1.0")
	wantCalls(t, calls(t, dir, "restart", "ON=kind"),
		"kubectl --context kind-hawser -n dra-system rollout restart daemonset/dra-driver",
		"kubectl --context kind-hawser -n dra-system rollout status daemonset/dra-driver --timeout=5m")
	wantCalls(t, calls(t, dir, "clean-kind"), "kind delete cluster --name hawser")
}

// TestPushByDocker: for all platforms, by buildx.
func TestPushByDocker(t *testing.T) {
	var want []string
	for _, image := range []string{"driver", "netagent"} {
		want = append(want, fmt.Sprintf("docker buildx build --platform linux/amd64,linux/arm64 --build-arg VERSION=v0.1.0 --build-arg REVISION=0123abc "+
			"--push -t registry.example.com/net/hawser/%s:v0.1.0 -f Dockerfile.%[1]s .", image))
	}
	wantCalls(t, calls(t, stage(t), "push", "ENGINE=docker", "REGISTRY=registry.example.com/net"), want...)
}
