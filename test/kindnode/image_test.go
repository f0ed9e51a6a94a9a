package kindnode

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/test/cluster"
	"github.com/hawser-dra/hawser/test/filetree"
	"github.com/hawser-dra/hawser/test/internal/buildah"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// nodePath is where a kind node looks for programs.
const nodePath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/bin:/bin"

// TestImage builds kind-node/Dockerfile on a stand-in for kind's node that has a
// real containerd and runc.
func TestImage(t *testing.T) {
	engine := newEngine(t)
	containerd, runc := realRuntime(t)
	node := buildah.Shell()
	node.File("/usr/local/bin/containerd", filepath.Join(containerd, "containerd"))
	node.File("/usr/local/sbin/runc", filepath.Join(runc, "runc"))
	engine.Base("kindest/node:v1.37.0", node, nodePath)
	if out, err := build(engine); err != nil || !strings.Contains(out, "are new enough") {
		t.Errorf("on a node with both: %v\n%s", err, out)
	}
}

// TestImageOnAnOldNode: it is not built, and the message says what to do.
func TestImageOnAnOldNode(t *testing.T) {
	engine := newEngine(t)
	node := buildah.Shell()
	old(node, "/usr/local/bin/containerd", "containerd github.com/containerd/containerd v1.7.24 abc")
	old(node, "/usr/local/sbin/runc", "runc version 1.2.3")
	engine.Base("kindest/node:v1.32.0", node, nodePath)
	out, err := build(engine, "--build-arg", "BASE=kindest/node:v1.32.0")
	if err == nil {
		t.Fatalf("it was built:\n%s", out)
	}
	for _, want := range []string{"containerd is 1.7.24", "runc is 1.2.3", "--build-arg CONTAINERD=<version>", "--build-arg RUNC=<version>"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func old(node *filetree.Tree, path, says string) {
	node.Text(path, 0o755, "#!/bin/sh\necho '"+says+"'\n")
}

// TestFromSource builds both as the image does on an old node, but here: a
// stand-in for the image of Go has no C compiler.
func TestFromSource(t *testing.T) {
	if testing.Short() {
		t.Skip("builds containerd and runc, which -short is not for")
	}
	realRuntime(t) // the C compiler and library that runc takes
	out := t.TempDir()
	c := exec.CommandContext(t.Context(), repo+"/kind-node/build.sh", "containerd", "runc")
	c.Env = append(os.Environ(), "OUT="+out, "CONTAINERD=v2.4.2", "RUNC=v1.5.2")
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	text, err := versions(t, out+"/bin:"+out+"/sbin", "check")
	if err != nil || !strings.Contains(text, "containerd 2.4.2 and runc 1.5.2") {
		t.Errorf("%v\n%s", err, text)
	}
	for _, program := range []string{"bin/ctr", "bin/containerd-shim-runc-v2"} {
		if _, err := os.Stat(filepath.Join(out, program)); err != nil {
			t.Error(err)
		}
	}
}

func newEngine(t *testing.T) *buildah.Buildah {
	t.Helper()
	if testing.Short() {
		t.Skip("builds images, which -short is not for")
	}
	return buildah.New(t)
}

func build(engine *buildah.Buildah, args ...string) (string, error) {
	args = append(append([]string{"build", "-t", "hawser/kind-node"}, strings.Fields(engine.Flags)...), args...)
	out, err := engine.Command("buildah", append(args, repo+"/kind-node")...).CombinedOutput()
	return string(out), err
}

func realRuntime(t *testing.T) (containerd, runc string) {
	t.Helper()
	tools, err := toolchain.New("", os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	containerd, runc, err = cluster.Runtime(t.Context(), tools)
	if err != nil {
		t.Fatal(err)
	}
	return containerd, runc
}
