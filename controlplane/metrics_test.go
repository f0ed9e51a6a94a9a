package controlplane_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/controlplane/health"
	"github.com/hawser-dra/hawser/telemetry/metrics"
)

// TestMetrics takes a claim through its life and reads what was measured.
func TestMetrics(t *testing.T) {
	n := newNode(t)
	m, err := metrics.New()
	if err != nil {
		t.Fatal(err)
	}
	n.cfg.Telemetry.Metrics = m
	_, traces := n.trace()
	n.startNetagent()
	stop := n.startDriver(n.cfg)
	n.register()
	n.eventually("ready", func() bool { return n.ready() == nil })
	n.prepare()
	n.netagent.Move(uid, "d0")
	n.eventually("not listed in the pod", func() bool { return n.spec() != "" && !n.listed() })
	n.report("192.0.2.10/24")
	n.report("192.0.2.10/24") // a restart is no second measure
	n.eventually("status", func() bool { return n.status("192.0.2.10/24") })
	n.wantMetrics(`hawser_attachments{kind="dummy",location="pod"} 1`)
	n.netagent.EndNamespace(uid, "d0")
	n.eventually("listed again", n.listed)
	n.unprepare()

	n.wantMetrics(
		`hawser_prepare_duration_seconds_count{kind="dummy",outcome="ok"} 1`,
		`hawser_prepare_duration_seconds_bucket{kind="dummy",outcome="ok",le="5e-05"} 0`,
		`hawser_unprepare_duration_seconds_count{kind="dummy",outcome="ok"} 1`,
		`hawser_ready_duration_seconds_count{kind="dummy"} 1`,
		`hawser_spec_rewrites_total 2`,
		`hawser_links_remade_total 1`,
		`hawser_slice_writes_total 1`,
		`hawser_orphans_total 0`,
		`hawser_relay_dropped_total 0`,
		`hawser_spans_lost_total 0`,
		`hawser_build_info{version="dev"} 1`,
		`rpc_client_call_duration_seconds_count{rpc_method="hawser.netagent.v1.NetAgent/Attach",rpc_response_status_code="OK"} 2`,
	)
	n.wantExemplar(m.Handler())
	stop()
	traces.Close()
}

// wantMetrics reads the health socket.
func (n *node) wantMetrics(lines ...string) {
	n.t.Helper()
	text := ""
	for _, want := range lines {
		n.eventually(want, func() bool {
			b, err := health.Read(n.t.Context(), n.cfg.HealthSocket, "/metrics", 1<<20)
			if err != nil {
				n.t.Fatal(err)
			}
			text = string(b)
			return strings.Contains(text, want+"\n")
		})
	}
}

// wantExemplar asks as Prometheus does: a measure of a claim leads to its trace.
func (n *node) wantExemplar(h http.Handler) {
	n.t.Helper()
	req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	req.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	b, _ := io.ReadAll(w.Body)
	want := regexp.MustCompile(`hawser_prepare_duration_seconds_bucket\{[^}]*\} 1 # \{[^}]*trace_id="` + strings.ReplaceAll(uid, "-", "") + `"`)
	if !want.Match(b) {
		n.t.Errorf("no exemplar %s in\n%s", want, b)
	}
}
