package e2e

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/hawser-dra/hawser/test/internal/helm"
)

// runMake runs targets on the test cluster as people do on theirs.
func runMake(t *testing.T, args ...string) (string, error) {
	t.Helper()
	kubectl := theCluster.Kubectl(t.Context())
	c := exec.CommandContext(t.Context(), "make", append([]string{"--no-print-directory", "-C", repo,
		"KUBECTL=" + kubectl.Path + " " + kubectl.Args[1], "TIMEOUT=" + patience.String()}, args...)...)
	c.Env = kubectl.Env
	out, err := c.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("make %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return string(out), err
}

func mustMake(t *testing.T, args ...string) string {
	t.Helper()
	out, err := runMake(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func wantIn(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("no %q in\n%s", p, text)
		}
	}
}

// TestMakeDeployAgain: nothing changed, so nothing is started anew.
func TestMakeDeployAgain(t *testing.T) {
	driverReady(t)
	before := driverPod(t).UID
	mustMake(t, "deploy")
	if after := driverPod(t).UID; after != before {
		t.Errorf("the driver's pod was %s, is %s", before, after)
	}
}

// TestMakeNetworkTest goes through the targets of somebody who tries the driver out.
func TestMakeNetworkTest(t *testing.T) {
	if out, err := runMake(t, "network-check"); err == nil || !strings.Contains(out, "make network-test") {
		t.Errorf("a check of nothing: %v\n%s", err, out)
	}
	withoutExampleAtTheEnd(t)
	mustMake(t, "network-test")
	wantIn(t, mustMake(t, "network-check"), "network-test-", "net1")
	wantIn(t, mustMake(t, "logs", "LOGS=--tail=-1"), "netagent starts", "driver=dra.example.com")
	wantIn(t, mustMake(t, "debug"), "network-test-", "netdev-virtual", "dra-driver-")
	wantBundle(t)
}

func withoutExampleAtTheEnd(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		mustKubectl(t, nil, "delete", "--ignore-not-found", "--cascade=foreground", "-f", filepath.Join(repo, "deploy", "deployment.yaml"))
		wantCleanNode(t)
	})
}

// TestMakeRestart has pods come and go while the driver's pod is started anew.
func TestMakeRestart(t *testing.T) {
	driverReady(t)
	n := newNamespace(t)
	n.apply(dummyTemplate(t))
	before := driverPod(t).UID
	pods := theCluster.Client().CoreV1().Pods(n.name)
	load, ctx := errgroup.WithContext(t.Context())
	for i := range 3 {
		load.Go(func() error { return comeAndGo(ctx, pods, podWith(fmt.Sprintf("load%d", i), "nic")) })
	}
	mustMake(t, "restart")
	if err := load.Wait(); err != nil {
		t.Fatal(err)
	}
	if after := driverPod(t).UID; after == before {
		t.Errorf("the driver's pod is still %s", before)
	}
}

// TestMakeUndeploy: not while a pod has a device; not even the pod's interface goes
// when it is forced.
func TestMakeUndeploy(t *testing.T) {
	withoutExampleAtTheEnd(t)
	n := newNamespace(t)
	mustKubectl(t, nil, "apply", "-f", filepath.Join(repo, "deploy", "deployment.yaml"))
	n.apply(dummyTemplate(t), podWith("runs", "nic"))
	n.ready("runs")

	out, err := runMake(t, "undeploy")
	if err == nil {
		t.Fatalf("the driver was taken from a pod that has a device of it:\n%s", out)
	}
	wantIn(t, out, "pod "+n.name+"/runs, claim runs-nic-", "FORCE=1")
	wantGone(t, "deployment/network-test")
	driverReady(t)
	undeployForced(t, n)
}

func dummyTemplate(t *testing.T) any {
	t.Helper()
	return claimTemplate("nic", claimSpec(t, request{"nic", netdev{"kind": "dummy", "interfaceName": "net1"}.parameters()}))
}

func wantGone(t *testing.T, objects ...string) {
	t.Helper()
	for _, o := range objects {
		if left := mustKubectl(t, nil, "get", o, "--ignore-not-found", "-o", "name"); left != "" {
			t.Errorf("%s is left", left)
		}
	}
}

// undeployForced: without the driver a pod keeps its interface and does not end;
// when the driver is back, by the Helm chart for a change, it does.
func undeployForced(t *testing.T, n *namespace) {
	t.Helper()
	mustMake(t, "undeploy", "FORCE=1")
	// Helm's objects are those of the manifests: nothing is started anew.
	defer mustMake(t, "deploy")
	wantGone(t, "namespace/dra-system", "clusterrole/dra-driver", "clusterrolebinding/dra-driver", "deviceclass/network-devices",
		"validatingadmissionpolicy/dra-driver-own-slices", "validatingadmissionpolicybinding/dra-driver-own-slices")
	n.wantInterfaces("runs", "lo", "eth0", "net1")
	mustKubectl(t, nil, "delete", "pod", "-n", n.name, "runs", "--wait=false")
	eventually(t, func() error { // the kubelet has no event for it
		if onNode(t, `grep 'unprepare dynamic resources' /var/log/kubelet* | grep 'pod="`+n.name+`/runs"' || true`) == "" {
			return errors.New("the kubelet has not tried to take the pod's device back")
		}
		return nil
	})

	mustKubectl(t, nil, "apply", "-f", filepath.Join(repo, "deploy", "namespace.yaml"))
	_, err := helm.Run(t.Context(), repo, theCluster.Kubectl(t.Context()).Env,
		"install", "hawser", helm.Chart, "--namespace", driverNamespace, "--wait", "--timeout", patience.String())
	if err != nil {
		t.Fatal(err)
	}
	defer mustKubectl(t, nil, "delete", "secret", "-n", driverNamespace, "-l", "owner=helm")
	mustKubectl(t, nil, "wait", "--for=delete", "-n", n.name, "pod/runs", "--timeout="+patience.String())
	wantCleanNode(t)
}

// wantBundle has make debug gather all, and looks for what a report needs.
func wantBundle(t *testing.T) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hawser.tar.gz")
	mustMake(t, "debug", "BUNDLE="+file)
	files := unpack(t, file)
	pod := driverPod(t)
	of := path.Join("hawser-debug/nodes", pod.Spec.NodeName, pod.Name)
	for name, content := range map[string]string{
		"hawser-debug/overview.txt":        "netdev-virtual",
		"hawser-debug/resourceslices.yaml": "netdev-virtual",
		"hawser-debug/resourceclaims.yaml": "interfaceName: net1",
		"hawser-debug/driver.yaml":         "kind: DaemonSet",
		of + "/driver.log":                 "starting",
		of + "/netagent.log":               "netagent starts",
		of + "/health.txt":                 "ok",
		of + "/metrics.txt":                "hawser_attachments",
		of + "/netagent.json":              "LOCATION_POD",
		of + "/links.txt":                  " eth0 mtu ",
		of + "/version.txt":                "v0.0.0-test",
	} {
		if !strings.Contains(files[name], content) {
			t.Errorf("%s has no %q:\n%s%s", name, content, files[name], files[name+".error"])
		}
	}
	// The spec of a pod that has its link lists none.
	for folder, content := range map[string]string{"specs": "createContainer", "records": "net1"} {
		if !hasFileIn(files, path.Join(of, folder), content) {
			t.Errorf("no file with %s in %s", content, folder)
		}
	}
}

func hasFileIn(files map[string]string, folder, part string) bool {
	for name, content := range files {
		if path.Dir(name) == folder && strings.Contains(content, part) {
			return true
		}
	}
	return false
}

func unpack(t *testing.T, file string) map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(unzipped); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimSuffix(h.Name, "/")] = string(content)
	}
}
