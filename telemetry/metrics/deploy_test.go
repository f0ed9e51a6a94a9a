package metrics_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"sigs.k8s.io/yaml"

	"github.com/hawser-dra/hawser/telemetry/metrics"
)

const monitoring = "../../deploy/monitoring/"

var (
	metricName = regexp.MustCompile(`\b(?:hawser|rpc)_[a-z_]+\b`)
	// labelName is one before a matcher, or in a list after by.
	labelName = regexp.MustCompile(`([a-z_]+)(?:=~|!=|=)"|by \(([a-z_, ]+)\)`)
	series    = regexp.MustCompile(`(?m)^([a-z_]+)(?:\{([^}]*)\})? `)
)

// existing scrapes metrics of which each has been measured once, and returns
// the labels of each.
func existing(t *testing.T) map[string][]string {
	t.Helper()
	m, err := metrics.New()
	if err != nil {
		t.Fatal(err)
	}
	err = m.Observe(metrics.Observed{
		Attachments: func() map[metrics.Attachments]int64 {
			return map[metrics.Attachments]int64{{Kind: "dummy", Location: "pod"}: 1}
		},
		RelayDropped: func() int64 { return 0 },
		SpansLost:    func() int64 { return 0 },
	})
	if err != nil {
		t.Fatal(err)
	}
	ofAClaim := metric.WithAttributes(metrics.Kind.String("dummy"), metrics.Outcome.String("ok"))
	m.Prepare.Record(t.Context(), 1, ofAClaim)
	m.Unprepare.Record(t.Context(), 1, ofAClaim)
	m.Ready.Record(t.Context(), 1, metric.WithAttributes(metrics.Kind.String("dummy")))
	calls, err := m.Meter("otelgrpc").Float64Histogram("rpc.client.call.duration", metric.WithUnit("s"))
	if err != nil {
		t.Fatal(err)
	}
	calls.Record(t.Context(), 1, metric.WithAttributes(
		attribute.String("rpc.method", "x"), attribute.String("rpc.response.status_code", "OK"), attribute.String("server.address", "y")))

	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	found := map[string][]string{}
	for _, line := range series.FindAllStringSubmatch(w.Body.String(), -1) {
		labels := []string{"instance"} // Prometheus adds it
		for _, pair := range strings.Split(line[2], ",") {
			name, _, _ := strings.Cut(pair, "=")
			labels = append(labels, name)
		}
		found[line[1]] = labels
	}
	return found
}

// check holds an expression to what exists, and returns the metrics in it.
func check(t *testing.T, where, expr string, found map[string][]string) []string {
	t.Helper()
	names := metricName.FindAllString(expr, -1)
	names = slices.DeleteFunc(names, func(n string) bool { return n == "rpc_method" || n == "rpc_response_status_code" })
	if len(names) == 0 {
		t.Errorf("%s: no metric in %s", where, expr)
	}
	for _, name := range names {
		labels, ok := found[name]
		if !ok {
			t.Errorf("%s: there is no metric %s", where, name)
			continue
		}
		for _, m := range labelName.FindAllStringSubmatch(expr, -1) {
			for _, label := range strings.Split(m[1]+m[2], ",") {
				if label = strings.TrimSpace(label); !slices.Contains(labels, label) {
					t.Errorf("%s: metric %s has no label %s, only %v", where, name, label, labels)
				}
			}
		}
	}
	return names
}

// TestDashboard: each panel shows what exists, and what exists is shown.
func TestDashboard(t *testing.T) {
	found := existing(t)
	text, err := os.ReadFile(monitoring + "dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			for _, name := range check(t, "panel "+p.Title, target.Expr, found) {
				shown[base(name)] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if !shown[base(name)] {
			t.Errorf("no panel shows %s", name)
		}
	}
}

// base is a histogram's name without what its series end in.
func base(name string) string {
	for _, end := range []string{"_bucket", "_count", "_sum"} {
		name = strings.TrimSuffix(name, end)
	}
	return name
}

func TestAlerts(t *testing.T) {
	found := existing(t)
	text, err := os.ReadFile(monitoring + "alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations map[string]string
				Labels      map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	rules := 0
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			rules++
			check(t, r.Alert, r.Expr, found)
			if r.Annotations["summary"] == "" || r.Annotations["description"] == "" || r.Labels["severity"] == "" {
				t.Errorf("%s: a person on call needs summary, description and severity", r.Alert)
			}
		}
	}
	if rules == 0 {
		t.Error("no rules")
	}
}
