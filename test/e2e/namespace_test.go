package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
)

const (
	// patience is how long something on the emulated node may take. It is a
	// bound on waiting for a failure, not a claim about speed.
	patience = 10 * time.Minute
	interval = 300 * time.Millisecond
)

// namespace is where one test keeps its objects. When the test ends they are
// deleted, and nothing of them may be left on the node. What the API server has
// left of them by then goes while the next test runs.
type namespace struct {
	t    *testing.T
	name string
}

// besideOthers is a namespace for a parallel test: it disturbs nothing on the node
// and looks at nothing there but its own. Such tests run after those that have the
// node for themselves.
func besideOthers(t *testing.T) *namespace {
	t.Helper()
	n := makeNamespace(t)
	t.Cleanup(func() {
		claims := strings.Fields(mustKubectl(t, nil, "get", "resourceclaims", "-n", n.name, "-o", "jsonpath={.items[*].metadata.uid}"))
		n.end()
		wantNothingOf(t, claims)
	})
	return n
}

// newNamespace is one for a test that has the node for itself.
func newNamespace(t *testing.T) *namespace {
	t.Helper()
	n := makeNamespace(t)
	t.Cleanup(func() {
		n.end()
		wantCleanNode(t)
	})
	return n
}

func makeNamespace(t *testing.T) *namespace {
	t.Helper()
	n := &namespace{t: t, name: strings.ToLower(strings.NewReplacer("/", "-", "_", "-", ".", "-").Replace(t.Name()))}
	eventually(t, func() error { // the same test's last run may have left it
		_, err := kubectl(t.Context(), nil, "create", "namespace", n.name)
		return err
	})
	return n
}

// end deletes the namespace and waits until its pods are gone.
func (n *namespace) end() {
	n.t.Helper()
	if n.t.Failed() {
		n.t.Log(n.report())
	}
	mustKubectl(n.t, nil, "delete", "namespace", n.name, "--wait=false")
	eventually(n.t, func() error {
		if left := mustKubectl(n.t, nil, "get", "pods", "-n", n.name, "-o", "name"); left != "" {
			return fmt.Errorf("pods left: %s", left)
		}
		return nil
	})
}

// apply creates or changes objects.
func (n *namespace) apply(objects ...any) {
	n.t.Helper()
	mustKubectl(n.t, marshal(n.t, objects...), "apply", "-n", n.name, "-f", "-")
}

// marshal writes objects for `kubectl apply -f -`.
func marshal(t *testing.T, objects ...any) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	for _, o := range objects {
		b, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "---\n%s\n", b)
	}
	return &out
}

// delete deletes an object, such as "pod/a", and waits until it is gone.
func (n *namespace) delete(object string) {
	n.t.Helper()
	mustKubectl(n.t, nil, "delete", "-n", n.name, object, "--timeout="+patience.String())
}

// ready waits for pods to be ready.
func (n *namespace) ready(pods ...string) {
	n.t.Helper()
	args := []string{"wait", "-n", n.name, "--for=condition=Ready", "--timeout=" + patience.String()}
	for _, p := range pods {
		args = append(args, "pod/"+p)
	}
	mustKubectl(n.t, nil, args...)
}

// exec runs a command in a pod and returns what it printed.
func (n *namespace) exec(pod string, command ...string) string {
	n.t.Helper()
	out, err := n.tryExec(pod, command...)
	if err != nil {
		n.t.Fatal(err)
	}
	return out
}

func (n *namespace) tryExec(pod string, command ...string) (string, error) {
	return kubectl(n.t.Context(), nil, append([]string{"exec", "-n", n.name, pod, "--"}, command...)...)
}

// events returns the messages of a pod's events, one a line.
func (n *namespace) events(pod string) string {
	n.t.Helper()
	return mustKubectl(n.t, nil, "get", "events", "-n", n.name, "--field-selector=involvedObject.name="+pod,
		`-o=jsonpath={range .items[*]}{.reason}: {.message}{"\n"}{end}`)
}

// wantEvent waits for an event of the pod that has all those parts.
func (n *namespace) wantEvent(pod string, parts ...string) {
	n.t.Helper()
	eventually(n.t, func() error {
		events := n.events(pod)
		for line := range strings.Lines(events) {
			if hasAll(line, parts) {
				return nil
			}
		}
		return fmt.Errorf("no event of pod %s has %q; events:\n%s", pod, parts, events)
	})
}

func hasAll(s string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}

// claims returns the claims of a pod by the names that its spec gives them.
func (n *namespace) claims(pod string) map[string]resourcev1.ResourceClaim {
	n.t.Helper()
	var p corev1.Pod
	n.get(&p, "pod", pod)
	claims := map[string]resourcev1.ResourceClaim{}
	for _, s := range p.Status.ResourceClaimStatuses {
		var c resourcev1.ResourceClaim
		n.get(&c, "resourceclaim", *s.ResourceClaimName)
		claims[s.Name] = c
	}
	return claims
}

func (n *namespace) get(into any, kind, name string) {
	n.t.Helper()
	out := mustKubectl(n.t, nil, "get", "-n", n.name, kind, name, "-o", "json")
	if err := json.Unmarshal([]byte(out), into); err != nil {
		n.t.Fatal(err)
	}
}

// report is what a person would look at after a failure.
func (n *namespace) report() string {
	var b strings.Builder
	for _, args := range [][]string{
		{"get", "pods,resourceclaims", "-n", n.name, "-o", "wide"},
		{"get", "events", "-n", n.name},
		{"logs", "-n", "dra-system", "-l", "app=dra-driver", "--all-containers", "--tail=25", "--prefix"},
	} {
		out, err := kubectl(context.Background(), nil, args...)
		fmt.Fprintf(&b, "$ kubectl %s\n%s", strings.Join(args, " "), out)
		if err != nil {
			fmt.Fprintln(&b, err)
		}
	}
	return b.String()
}

// eventually tries until it succeeds, and fails the test after a long time.
func eventually(t *testing.T, try func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still after %v: %v", patience, err)
		}
		time.Sleep(interval)
	}
}

func mustKubectl(t *testing.T, stdin *bytes.Buffer, args ...string) string {
	t.Helper()
	out, err := kubectl(context.Background(), stdin, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// kubectl runs kubectl on the test cluster.
func kubectl(ctx context.Context, stdin *bytes.Buffer, args ...string) (string, error) {
	cmd := theCluster.Kubectl(ctx, args...)
	if stdin != nil {
		cmd.Stdin = stdin
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, stderr.String())
	}
	return stdout.String(), nil
}
