package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"

	"github.com/hawser-dra/hawser/controlplane"
	"github.com/hawser-dra/hawser/controlplane/health"
	"github.com/hawser-dra/hawser/internal/version"
)

// environment of a pod, from pairs.
func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestFlagsAsDeployed(t *testing.T) {
	o, err := parse([]string{"--driver-name=nic.example.org", "-v=2"},
		environment("NODE_NAME", "node1", "POD_UID", "u1"), &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	c := o.config(nil, controlplane.Telemetry{})
	for name, is := range map[string][2]string{
		"driver":   {c.DriverName, "nic.example.org"},
		"node":     {c.NodeName, "node1"},
		"pod":      {c.PodUID, "u1"},
		"plugin":   {c.PluginDir, "/var/lib/kubelet/plugins/nic.example.org"},
		"state":    {c.StateDir, "/var/lib/kubelet/plugins/nic.example.org/claims"},
		"registry": {c.RegistryDir, "/var/lib/kubelet/plugins_registry"},
		"cdi":      {c.CDIDir, "/etc/cdi"},
		"netagent": {c.NetagentSocket, "/run/hawser/socket/netagent.sock"},
		"health":   {c.HealthSocket, "/run/hawser/driver/health.sock"},
		"podlink":  {c.Podlink, "/podlink"},
	} {
		if is[0] != is[1] {
			t.Errorf("%s is %q, want %q", name, is[0], is[1])
		}
	}
	if c.Slots != 128 || o.verbosity != 2 || o.qps != 200 || o.burst != 400 {
		t.Errorf("slots %d, verbosity %d, limits %v and %d", c.Slots, o.verbosity, o.qps, o.burst)
	}
}

func TestPodlinkOff(t *testing.T) {
	o, err := parse([]string{"--podlink=false", "--node-name=n"}, environment(), &bytes.Buffer{})
	if c := o.config(nil, controlplane.Telemetry{}); err != nil || c.Podlink != "" {
		t.Errorf("%v, podlink %q", err, c.Podlink)
	}
}

func TestWrongFlags(t *testing.T) {
	for want, args := range map[string][]string{
		"--node-name or NODE_NAME must be set":        {},
		"--driver-name must not be empty":             {"--node-name=n", "--driver-name="},
		"--slots is 0, must be at least 1":            {"--node-name=n", "--slots=0"},
		"--kube-api-qps is 0 and --kube-api-burst":    {"--node-name=n", "--kube-api-qps=0"},
		"--taint-link-down is -1s, must not be":       {"--node-name=n", "--taint-link-down=-1s"},
		`unexpected argument "run"`:                   {"--node-name=n", "run"},
		"flag provided but not defined: -no-such":     {"--no-such"},
		`log format "xml": must be text or json`:      {"--node-name=n", "--log-format=xml"},
		"access to the API server: stat /nonexistent": {"--node-name=n", "--kubeconfig=/nonexistent"},
	} {
		err := run(args, environment(), &bytes.Buffer{}, &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", args, err, want)
		}
	}
}

func TestVersionAndHelp(t *testing.T) {
	var out, errs bytes.Buffer
	if err := run([]string{"--version"}, environment(), &out, &errs); err != nil || out.String() != version.Version+"\n" {
		t.Errorf("%v, %q", err, out.String())
	}
	if err := run([]string{"--help"}, environment(), &out, &errs); !errors.Is(err, flag.ErrHelp) || !strings.Contains(errs.String(), "-slots") {
		t.Errorf("%v, %q", err, errs.String())
	}
}

func TestHealth(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "health.sock")
	ask := func(args ...string) error {
		return run(append([]string{"health", "--health-socket=" + socket}, args...), environment(), &bytes.Buffer{}, &bytes.Buffer{})
	}
	if err := ask("--live"); err == nil || !strings.Contains(err.Error(), "the driver does not answer") {
		t.Errorf("without a driver: %v", err)
	}
	s, err := health.Listen(socket, health.Check{Name: "netagent", Ready: func() error { return errors.New("not in sync") }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	if err := ask(); err == nil || err.Error() != "netagent: not in sync" {
		t.Errorf("not ready: %v", err)
	}
	if err := ask("--live"); err != nil {
		t.Errorf("live: %v", err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestKlogGoesToTheSameLog(t *testing.T) {
	t.Cleanup(klog.ClearLogger)
	var out bytes.Buffer
	if _, err := newLogger(&out, 2, "json"); err != nil {
		t.Fatal(err)
	}
	klog.V(2).InfoS("seen", "claim", "c1")
	klog.V(4).InfoS("hidden")
	var line struct{ Msg, Claim string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Msg != "seen" || line.Claim != "c1" {
		t.Errorf("%v: %s", err, out.String())
	}
}

// A claim's read is on the path of each prepare: it must ask for protobuf and
// must not be held back on this side.
func TestClient(t *testing.T) {
	accepted := make(chan string, 1)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		accepted <- r.Header.Get("Accept") + " " + r.UserAgent()
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"kind":"ResourceClaim","apiVersion":"resource.k8s.io/v1"}`))
	}))
	defer api.Close()
	kubeconfig := filepath.Join(t.TempDir(), "config")
	content := "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: '" + api.URL + "'}}]\n" +
		"contexts: [{name: c, context: {cluster: c}}]\ncurrent-context: c\n"
	if err := os.WriteFile(kubeconfig, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	client, config, err := newClient(options{kubeconfig: kubeconfig, qps: 200, burst: 400})
	if err != nil {
		t.Fatal(err)
	}
	if qps := client.ResourceV1().RESTClient().GetRateLimiter().QPS(); qps != 200 || config.Burst != 400 {
		t.Errorf("at most %v requests a second, %d in a burst", qps, config.Burst)
	}
	if _, err := client.ResourceV1().ResourceClaims("default").Get(t.Context(), "c", metav1.GetOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := <-accepted; !strings.HasPrefix(got, "application/vnd.kubernetes.protobuf,") || !strings.HasSuffix(got, "hawser/dev") {
		t.Errorf("asked for %q", got)
	}
}

func TestTrace(t *testing.T) {
	nowhere := httptest.NewServer(http.NotFoundHandler())
	defer nowhere.Close()
	const uid = "6f0b8a44-97e2-4d2c-8d5f-000000000001"
	for args, want := range map[string]string{
		"trace":          "is not a claim's UID",
		"trace my-claim": "is not a claim's UID",
		"trace " + uid + " --jaeger " + nowhere.URL: "no such trace as 6f0b8a4497e24d2c8d5f000000000001",
		"trace --jaeger=" + nowhere.URL + " " + uid: "no such trace",
	} {
		err := run(strings.Fields(args), func(string) string { return "" }, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", args, err)
		}
	}
}

// TestTelemetry: nothing is traced unless the environment names a collector.
func TestTelemetry(t *testing.T) {
	for _, tc := range []struct {
		env   map[string]string
		on    bool
		wrong string
	}{
		{},
		{env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, on: true},
		{env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_SAMPLER": "sometimes"}, wrong: "OTEL_TRACES_SAMPLER"},
		{env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL": "x"}, wrong: "OTEL_EXPORTER_OTLP_PROTOCOL"},
	} {
		got, err := newTelemetry(t.Context(), options{traceSocket: "/s"}, func(key string) string { return tc.env[key] })
		if tc.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), tc.wrong) {
				t.Errorf("%v: %v", tc.env, err)
			}
			continue
		}
		if err != nil || got.Tracing.On() != tc.on || (got.RelayTo != nil) != tc.on || got.Metrics == nil {
			t.Errorf("%v: %+v, %v", tc.env, got, err)
		}
		got.Tracing.Close()
	}
}
