package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/test/product"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// traceOf is what Jaeger's query API says of a claim.
type traceOf struct {
	ID    string `json:"traceID"`
	Spans []struct {
		Name    string `json:"operationName"`
		Process string `json:"processID"`
		Tags    []tag  `json:"tags"`
	} `json:"spans"`
	Processes map[string]struct {
		Service string `json:"serviceName"`
		Tags    []tag  `json:"tags"`
	} `json:"processes"`
}

type tag struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}

// count is how many spans of a service have a name, and, if there is one, a tag
// with that text in it.
func (t traceOf) count(service, name, text string) (n int) {
	for _, s := range t.Spans {
		if t.Processes[s.Process].Service != service || s.Name != name {
			continue
		}
		has := func(t tag) bool { return strings.Contains(fmt.Sprint(t.Value), text) }
		if text == "" || slices.ContainsFunc(s.Tags, has) {
			n++
		}
	}
	return n
}

// traceID is a claim's, as Jaeger writes it.
func traceID(claimUID string) string { return strings.ReplaceAll(claimUID, "-", "") }

// wants is a span that a trace must have so many of.
type wants struct {
	service, name, text string
	times               int
}

const (
	inDriver   = "hawser-driver"
	inNetagent = "hawser-netagent"
)

// jaegerClient reaches Jaeger's pod through the node.
func jaegerClient(t *testing.T) *http.Client {
	t.Helper()
	address := strings.TrimSpace(onNode(t, "grep ' jaeger' /etc/hosts | cut -d' ' -f1"))
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return theCluster.Node().Dial(ctx, net.JoinHostPort(address, "16686"))
		},
	}}
}

// traces returns Jaeger's answer to a query below /api/traces.
func traces(jaeger *http.Client, query string) ([]traceOf, error) {
	resp, err := jaeger.Get("http://jaeger/api/traces" + query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct{ Data []traceOf }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("query %s: %s: %w", query, resp.Status, err)
	}
	return answer.Data, nil
}

// wantTrace waits until the claim's trace has all those spans.
func wantTrace(t *testing.T, jaeger *http.Client, claimUID string, want ...wants) (trace traceOf) {
	t.Helper()
	eventually(t, func() error {
		found, err := traces(jaeger, "/"+traceID(claimUID))
		if err != nil {
			return err
		}
		if len(found) != 1 {
			return fmt.Errorf("claim %s has %d traces", claimUID, len(found))
		}
		trace = found[0]
		for _, w := range want {
			if n := trace.count(w.service, w.name, w.text); n < w.times {
				return fmt.Errorf("%d spans %+v; the trace:\n%+v", n, w, trace)
			}
		}
		return nil
	})
	return trace
}

// uid returns the UID of a pod's claim.
func (n *namespace) uid(pod, claim string) (uid string) {
	n.t.Helper()
	eventually(n.t, func() error {
		uid = string(n.claims(pod)[claim].UID)
		if uid == "" {
			return fmt.Errorf("pod %s has no claim %s yet", pod, claim)
		}
		return nil
	})
	return uid
}

// TestTrace finds in a real Jaeger, installed as users do it, what happened to
// claims.
func TestTrace(t *testing.T) {
	source := product.Source{Repo: repo, Version: "v0.0.0-test", Log: os.Stderr}
	tools, err := toolchain.New("", os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := source.RemoveJaeger(context.Background(), theCluster); err != nil {
			t.Error(err)
		}
	})
	if err := source.InstallTraced(t.Context(), theCluster, tools); err != nil {
		t.Fatal(err)
	}
	jaeger := jaegerClient(t)
	t.Run("life", func(t *testing.T) { testTraceOfALife(t, jaeger) })
	t.Run("failure", func(t *testing.T) { testTraceOfAFailure(t, jaeger) })
	t.Run("killed", func(t *testing.T) { testTraceOfAKill(t, jaeger) })
	t.Run("text", func(t *testing.T) { testTraceAsText(t, source) })
	t.Run("slow", func(t *testing.T) { testSlowTraces(t, jaeger) })
}

// testTraceOfALife has a claim prepared, its container restarted, its sandbox
// killed, and its pod deleted.
func testTraceOfALife(t *testing.T, jaeger *http.Client) {
	n := newNamespace(t)
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", addressed("data0").parameters()})), podWith("lives", "nic"))
	n.ready("lives")
	uid := n.uid("lives", "nic")
	n.killContainer("lives", "shell")
	n.restarted("lives", "shell", 1)
	n.killSandbox("lives")
	n.restarted("lives", "shell", 2)
	n.delete("pod/lives")

	trace := wantTrace(t, jaeger, uid,
		wants{inDriver, "NodePrepare", "", 1},
		wants{inDriver, "read claim", "", 1},
		wants{inDriver, "attach", "", 2}, // the second for the new sandbox
		wants{inNetagent, "hawser.netagent.v1.NetAgent/Attach", "", 2},
		wants{inNetagent, "policy", "macvlan", 2},
		wants{inNetagent, "journal write", "", 2},
		wants{inNetagent, "netlink RTM_NEWLINK", "create macvlan", 2},
		wants{inDriver, "record write", "", 1},
		wants{inDriver, "spec write", "", 2},
		wants{inDriver, "follow", "d0=pod", 2},
		wants{inDriver, "follow", "d0=lost", 1},
		wants{inDriver, "podlink", "ready", 3},
		wants{inDriver, "status apply", "", 1},
		wants{inDriver, "NodeUnprepare", "", 1},
		wants{inNetagent, "hawser.netagent.v1.NetAgent/Detach", "", 1},
		wants{inDriver, "record remove", "", 1},
	)
	for _, p := range trace.Processes {
		about := fmt.Sprint(p.Tags)
		for _, part := range []string{"service.version v0.0.0-test", "k8s.node.name node"} {
			if !strings.Contains(about, part) {
				t.Errorf("resource of %s: %s lacks %s", p.Service, about, part)
			}
		}
	}
}

// testTraceOfAFailure: each attempt is in the trace, with the reason where it
// arose and where it ended.
func testTraceOfAFailure(t *testing.T, jaeger *http.Client) {
	n := newNamespace(t)
	wrong := netdev{"kind": "macvlan", "parent": "eth99", "interfaceName": "data0"}
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", wrong.parameters()})), podWith("fails", "nic"))
	n.wantEvent("fails", "eth99")
	wantTrace(t, jaeger, n.uid("fails", "nic"),
		wants{inNetagent, "policy", "eth99", 2},
		wants{inDriver, "hawser.netagent.v1.NetAgent/Attach", "eth99", 2},
		wants{inDriver, "NodePrepare", "eth99", 2})
	n.delete("pod/fails")
}

// testTraceOfAKill: netagent dies while it is asked for a link, and the kubelet
// tries again.
func testTraceOfAKill(t *testing.T, jaeger *http.Client) {
	n := newNamespace(t)
	onNode(t, "kill -STOP $(pidof netagent)")
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", addressed("data0").parameters()})), podWith("waits", "nic"))
	uid := n.uid("waits", "nic")
	wantTrace(t, jaeger, uid, wants{inDriver, "draft", "", 1}) // next is the call
	kill(t, "netagent")
	n.ready("waits")
	wantTrace(t, jaeger, uid,
		wants{inDriver, "hawser.netagent.v1.NetAgent/Attach", "UNAVAILABLE", 1},
		wants{inDriver, "NodePrepare", "netagent: ", 1},
		wants{inDriver, "NodePrepare", "", 2},
		wants{inNetagent, "netlink RTM_NEWLINK", "create macvlan", 1},
		wants{inDriver, "podlink", "ready", 1})
	n.delete("pod/waits")
}

// testTraceAsText reads what a person in a terminal does.
func testTraceAsText(t *testing.T, source product.Source) {
	n := newNamespace(t)
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", netdev{"kind": "dummy", "interfaceName": "net1"}.parameters()})), podWith("drawn", "nic"))
	n.ready("drawn")
	uid := n.uid("drawn", "nic")
	eventually(t, func() error {
		text, err := source.Trace(t.Context(), theCluster, uid)
		if err != nil {
			return err
		}
		for _, part := range []string{"NodePrepare", "netagent", "create dummy", "podlink"} {
			if !strings.Contains(text, part) {
				return fmt.Errorf("no %s in\n%s", part, text)
			}
		}
		return nil
	})
	testPortForward(t, uid)
}

// testPortForward brings Jaeger to this machine and draws from there.
func testPortForward(t *testing.T, uid string) {
	forward := theCluster.Kubectl(t.Context(), "port-forward", "-n", "dra-system", "service/jaeger", ":16686")
	out, err := forward.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := forward.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = forward.Process.Kill(); _ = forward.Wait() }()
	line, err := bufio.NewReader(out).ReadString('\n')
	port := regexp.MustCompile(`127\.0\.0\.1:(\d+) ->`).FindStringSubmatch(line)
	if err != nil || port == nil {
		t.Fatalf("%q, %v", line, err)
	}
	trace := exec.CommandContext(t.Context(), "go", "run", "./cmd/dra-driver", "trace", uid, "--jaeger", "http://localhost:"+port[1])
	trace.Dir = repo
	if text, err := trace.CombinedOutput(); err != nil || !strings.Contains(string(text), "NodePrepare") {
		t.Errorf("%v: %s", err, text)
	}
}

// testSlowTraces asks as the README says, for prepares that took longer than nothing: a claim that has just been prepared is among the answers.
func testSlowTraces(t *testing.T, jaeger *http.Client) {
	readme, err := os.ReadFile(filepath.Join(repo, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	query := regexp.MustCompile(`/api/traces(\?service=.*&minDuration=)50ms`).FindSubmatch(readme)
	if query == nil {
		t.Fatal("the README has no query for slow prepares")
	}
	n := newNamespace(t)
	n.apply(claimTemplate("nic", claimSpec(t, request{"nic", netdev{"kind": "dummy", "interfaceName": "net1"}.parameters()})), podWith("slow", "nic"))
	n.ready("slow")
	want := traceID(n.uid("slow", "nic"))
	eventually(t, func() error {
		found, err := traces(jaeger, string(query[1])+"1us")
		if err == nil && !slices.ContainsFunc(found, func(trace traceOf) bool { return trace.ID == want }) {
			err = fmt.Errorf("trace %s is not among %d", want, len(found))
		}
		return err
	})
}
