package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/test/docs"
)

// TestDocs does what the documents tell people to do, beside the examples' pods:
// every manifest that they show, every command that no other test runs.
func TestDocs(t *testing.T) {
	n := newNamespace(t)
	deploy := filepath.Join(repo, "deploy")
	mustKubectl(t, nil, "apply", "-n", n.name, "-f", filepath.Join(deploy, "deployment.yaml"), "-f", filepath.Join(deploy, "multi-nic-deployment.yaml"))
	mustKubectl(t, nil, "wait", "-n", n.name, "--for=condition=Available", "deployment", "--all", "--timeout="+patience.String())
	documents, err := docs.Read(repo)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("manifests", func(t *testing.T) { testManifests(t, n, documents) })
	t.Run("commands", func(t *testing.T) { testCommands(t, n, documents) })
	t.Run("devices", func(t *testing.T) { testDevices(t, n) })
	t.Run("claims", func(t *testing.T) { testClaims(t, n) })
	t.Run("validate", testValidate)
}

// testManifests: the API server takes what is shown.
func testManifests(t *testing.T, n *namespace, documents []docs.Document) {
	for _, d := range documents {
		for _, m := range d.Manifests() {
			if _, err := kubectl(t.Context(), bytes.NewBufferString(m.Text), "apply", "-n", n.name, "--dry-run=server", "-f", "-"); err != nil {
				t.Errorf("%s:%d: %v\n%s", m.Path, m.Line, err, m.Text)
			}
		}
	}
}

// testCommands runs each command once, with names of the examples for a reader's.
func testCommands(t *testing.T, n *namespace, documents []docs.Document) {
	shell := n.shell(t)
	pod := strings.Fields(mustKubectl(t, nil, "get", "pods", "-n", n.name, "-o", "jsonpath={.items[*].metadata.name}"))[0]
	claims := slices.Collect(maps.Values(n.claims(pod)))
	if len(claims) == 0 {
		t.Fatalf("pod %s has no claims", pod)
	}
	claim := claims[0]
	own := []struct{ word, name string }{
		{`pod NAME`, "pod " + pod},
		{`resourceclaim NAME`, "resourceclaim " + claim.Name},
		{`deviceclass NAME`, "deviceclass " + deviceClass},
		{`modprobe NAME`, "modprobe dummy"},
		{`ethtool -k NAME`, "ethtool -k eth0"},
		{`UID`, string(claim.UID)},
	}
	var ran []string
	for _, d := range documents {
		for _, c := range d.Commands() {
			if !c.OnCluster() || slices.Contains(ran, c.Text) {
				continue
			}
			ran = append(ran, c.Text)
			text := c.Text
			for _, o := range own {
				text = regexp.MustCompile(`\b`+o.word+`\b`).ReplaceAllString(text, o.name)
			}
			if left := docs.Placeholders.FindString(text); left != "" {
				t.Errorf("%s:%d: %q: nothing stands for %s", c.Path, c.Line, c.Text, left)
				continue
			}
			run := shell
			if c.OnNode {
				run = func(script string) (string, error) { return theCluster.Node().Run(t.Context(), script) }
			}
			eventually(t, func() error { // what other tests have left wrong goes in the end
				out, err := run(text)
				if err != nil {
					return fmt.Errorf("%s:%d: %q says %q: %w", c.Path, c.Line, c.Text, out, err)
				}
				return nil
			})
		}
	}
	if len(ran) < 10 {
		t.Errorf("ran only %q", ran)
	}
}

// shell runs scripts as a reader of the documents does: in the checkout, with
// kubectl, whose namespace is n.
func (n *namespace) shell(t *testing.T) func(script string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	config, err := os.ReadFile(theCluster.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	kubectl := theCluster.Kubectl(t.Context(), "config", "set-context", "--current", "--namespace="+n.name)
	wrapper := fmt.Sprintf("#!/bin/sh\nexec '%s' kubectl \"$@\"\n", kubectl.Path)
	for name, content := range map[string]string{"config": string(config), "kubectl": wrapper} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	environment := append(os.Environ(), "KUBECONFIG="+filepath.Join(dir, "config"), "PATH="+dir+":"+os.Getenv("PATH"))
	kubectl.Env = environment
	if out, err := kubectl.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return func(script string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
		cmd.Dir, cmd.Env = repo, environment
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}

// driverSays runs the driver's program in its container.
func driverSays(ctx context.Context, stdin *bytes.Buffer, args ...string) (string, error) {
	return kubectl(ctx, stdin, slices.Concat([]string{"exec", "-i", "-n", driverNamespace, "daemonset/dra-driver", "-c", "driver", "--", "/dra-driver"}, args)...)
}

func fromDriver(t *testing.T, into any, args ...string) {
	t.Helper()
	out, err := driverSays(t.Context(), nil, append(args, "--output=json")...)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out), into); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// testDevices: what the driver says that the node offers is what it publishes, and
// who has it.
func testDevices(t *testing.T, n *namespace) {
	eventually(t, func() error { // devices come and go with the tests before
		var devices []struct {
			Name   string
			Claims []string
		}
		fromDriver(t, &devices, "devices")
		var names []string
		var holders []string
		for _, d := range devices {
			names = append(names, d.Name)
			if d.Name == "netdev-virtual" {
				holders = d.Claims
			}
		}
		published := strings.Fields(mustKubectl(t, nil, "get", "resourceslices", "-o", "jsonpath={.items[*].spec.devices[*].name}"))
		slices.Sort(names)
		slices.Sort(published)
		if !slices.Equal(names, published) {
			return fmt.Errorf("devices %q, published %q", names, published)
		}
		if !slices.ContainsFunc(holders, func(c string) bool { return strings.HasPrefix(c, n.name+"/") }) {
			return fmt.Errorf("netdev-virtual is held by %q", holders)
		}
		return nil
	})
}

// testClaims: both interfaces of the example are in its pod, under the names that
// it gives them.
func testClaims(t *testing.T, n *namespace) {
	var claims []struct{ Claim, InPod, Location, Kind string }
	fromDriver(t, &claims, "claims")
	for _, name := range []string{"data0", "ctrl0"} {
		if !slices.ContainsFunc(claims, func(c struct{ Claim, InPod, Location, Kind string }) bool {
			return strings.HasPrefix(c.Claim, n.name+"/") && c.InPod == name && c.Location == "pod" && c.Kind != ""
		}) {
			t.Errorf("no claim has %s in a pod: %+v", name, claims)
		}
	}
	if table, err := driverSays(t.Context(), nil, "claims"); err != nil || !strings.HasPrefix(table, "CLAIM ") || !strings.Contains(table, " data0 ") {
		t.Errorf("%v: %s", err, table)
	}
}

// testValidate: the image checks what comes through the pipe.
func testValidate(t *testing.T) {
	wrong := marshal(t, claimTemplate("nic", claimSpec(t, request{"nic", netdev{"kind": "dummy", "mtu": 1}.parameters()})))
	out, err := driverSays(t.Context(), wrong, "validate", "-")
	if err == nil || !strings.Contains(err.Error(), "exit code 1") || !strings.Contains(out, "spec.spec.devices.config[0].opaque.parameters.netdev.mtu: error: Invalid value: 1") {
		t.Errorf("%v: %s", err, out)
	}
	right := marshal(t, claimTemplate("nic", claimSpec(t, request{"nic", netdev{"kind": "dummy"}.parameters()})))
	if out, err := driverSays(t.Context(), right, "validate", "-"); err != nil || out != "" {
		t.Errorf("%v: %s", err, out)
	}
}
