package cluster_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hawser-dra/hawser/test/cluster"
	"github.com/hawser-dra/hawser/test/filetree"
	"github.com/hawser-dra/hawser/test/image"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// pod says what the pod's network offers, and then stays.
const pod = `
apiVersion: v1
kind: Pod
metadata: {name: %[1]s}
spec:
  hostNetwork: %[2]t
  terminationGracePeriodSeconds: 0
  containers:
  - name: shell
    image: nicolaka/netshoot:v0.14
    command: [sh, -c, "nc -w 5 $KUBERNETES_SERVICE_HOST $KUBERNETES_SERVICE_PORT </dev/null && echo API server reached; sleep infinity"]
`

// TestCluster starts one cluster and goes through what it promises.
func TestCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a cluster, which -short is not for")
	}
	c, dir := up(t, cluster.Options{AuditLog: true})
	t.Run("pods", func(t *testing.T) { testPods(t, c) })
	t.Run("images", func(t *testing.T) { testImages(t, c) })
	t.Run("open", func(t *testing.T) { testOpen(t, dir) })
	t.Run("restarts", func(t *testing.T) { testRestarts(t, c) })
	t.Run("reboot", func(t *testing.T) { testReboot(t, c) })
	t.Run("crash", func(t *testing.T) { testCrash(t, c) })
	t.Run("down", func(t *testing.T) { testDown(t, c, dir) })
}

// TestControlPlane has a control plane without a node schedule, and end.
func TestControlPlane(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a control plane, which -short is not for")
	}
	c, dir := up(t, cluster.Options{NoNode: true})
	if nodes := kubectl(t, c, "", "get", "nodes", "--output=name"); nodes != "" {
		t.Errorf("nodes: %s", nodes)
	}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
	if c, err := cluster.Open(dir); err != nil || c.Node() != nil {
		t.Errorf("found %+v: %v", c, err)
	}
	testDown(t, c, dir)
}

func up(t *testing.T, o cluster.Options) (*cluster.Cluster, string) {
	t.Helper()
	tools, err := toolchain.New("", os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	o.Parts, err = cluster.Prepare(t.Context(), tools)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "cluster")
	o.Dir, o.Log, o.Attached = dir, os.Stderr, true
	c, err := cluster.Up(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Down(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c, dir
}

// kubectl runs kubectl and returns what it prints.
func kubectl(t *testing.T, c *cluster.Cluster, stdin string, args ...string) string {
	t.Helper()
	k := c.Kubectl(t.Context(), args...)
	k.Stdin = strings.NewReader(stdin)
	out, err := k.CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s\n%s", strings.Join(args, " "), err, out, c.Explain(t.Context(), "default"))
	}
	return strings.TrimSpace(string(out))
}

func testPods(t *testing.T, c *cluster.Cluster) {
	for name, hostNetwork := range map[string]bool{"on-the-bridge": false, "on-the-node": true} {
		kubectl(t, c, fmt.Sprintf(pod, name, hostNetwork), "apply", "-f", "-")
		kubectl(t, c, "", "wait", "--for=condition=Ready", "pod/"+name, "--timeout=2m")
		if links := kubectl(t, c, "", "exec", name, "--", "ip", "-brief", "link", "show"); !strings.Contains(links, "eth0") {
			t.Errorf("%s: no eth0 in\n%s", name, links)
		}
		for range 20 {
			if strings.Contains(kubectl(t, c, "", "logs", name), "API server reached") {
				break
			}
			time.Sleep(500 * time.Millisecond)
		}
		if log := kubectl(t, c, "", "logs", name); !strings.Contains(log, "API server reached") {
			t.Errorf("%s does not reach the API server: %s", name, log)
		}
	}
	audit, err := os.ReadFile(c.AuditLogFile())
	if err != nil || !bytes.Contains(audit, []byte("on-the-bridge")) {
		t.Errorf("the audit log does not tell of the pod: %v", err)
	}
}

func testImages(t *testing.T, c *cluster.Cluster) {
	archive := filepath.Join(t.TempDir(), "image.tar")
	load := func(content string) []string {
		t.Helper()
		i := image.Image{Files: &filetree.Tree{}}
		i.Files.Text("/content", 0o644, content)
		if err := i.WriteFile(archive, "hawser/trial:v1"); err != nil {
			t.Fatal(err)
		}
		names, err := c.LoadImages(t.Context(), archive)
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	if names := load("first"); len(names) != 1 || names[0] != "docker.io/hawser/trial:v1" {
		t.Errorf("loaded %v", names)
	}
	if names := load("first"); len(names) != 0 {
		t.Errorf("loaded %v again", names)
	}
	if names := load("second"); len(names) != 1 {
		t.Error("a changed image was not loaded")
	}
}

func testOpen(t *testing.T, dir string) {
	c, err := cluster.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
	if nodes := kubectl(t, c, "", "get", "nodes", "-o", "name"); nodes != "node/node" {
		t.Errorf("nodes: %s", nodes)
	}
	if names, err := c.LoadImages(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("loaded %v, %v", names, err)
	}
}

func testRestarts(t *testing.T, c *cluster.Cluster) {
	before := podIDs(t, c)
	if err := errors.Join(c.RestartKubelet(t.Context()), c.RestartContainerd(t.Context())); err != nil {
		t.Fatal(err)
	}
	if after := podIDs(t, c); after != before {
		t.Errorf("containers %s before, %s after", before, after)
	}
}

func podIDs(t *testing.T, c *cluster.Cluster) string {
	t.Helper()
	return kubectl(t, c, "", "get", "pods", "-o", "jsonpath={.items[*].status.containerStatuses[*].containerID}")
}

func testReboot(t *testing.T, c *cluster.Cluster) {
	before, err := c.Node().BootID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.RebootNode(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := kubectl(t, c, "", "get", "node", "node", "-o", "jsonpath={.status.nodeInfo.bootID}")
	if after == before {
		t.Error("the boot ID is the same")
	}
	for range 120 {
		restarts := kubectl(t, c, "", "get", "pod", "on-the-bridge", "-o", "jsonpath={.status.containerStatuses[0].restartCount}")
		if restarts == "1" {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
	t.Error("the pod does not come back")
}

// testCrash ends the scheduler: that must be told at once, with its log.
func testCrash(t *testing.T, c *cluster.Cluster) {
	pids := processesOf(t, filepath.Dir(c.Kubeconfig()))
	for pid, command := range pids {
		if strings.Contains(command, "kube-scheduler") {
			if err := exec.Command("kill", "-TERM", pid).Run(); err != nil {
				t.Fatal(err)
			}
		}
	}
	var err error
	for range 100 {
		if err = c.Check(); err != nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err == nil || !strings.Contains(err.Error(), "kube-scheduler has ended") {
		t.Errorf("got %v", err)
	}
}

func testDown(t *testing.T, c *cluster.Cluster, dir string) {
	if running := processesOf(t, dir); len(running) < 4 {
		t.Fatalf("before: %v", running)
	}
	if err := c.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	if running := processesOf(t, dir); len(running) != 0 {
		t.Errorf("still running: %v", running)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory is still there: %v", err)
	}
	if err := c.Down(t.Context()); err != nil {
		t.Errorf("a second Down: %v", err)
	}
}

// processesOf finds the processes that work in the directory or below it,
// whoever wrote them down: command lines by pid.
func processesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, link := range links {
		cwd, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(cwd, dir) {
			continue // ended meanwhile, or not ours to see
		}
		command, _ := os.ReadFile(filepath.Join(filepath.Dir(link), "cmdline"))
		found[filepath.Base(filepath.Dir(link))] = strings.ReplaceAll(string(command), "\x00", " ")
	}
	return found
}
