package relay_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/hawser-dra/hawser/controlplane/relay"
	"github.com/hawser-dra/hawser/telemetry/otlpsocket"
)

// collector is one that keeps what it gets, or does what a test wants.
type collector struct {
	upload func(ctx context.Context) error

	mu   sync.Mutex
	sent []*tracepb.ResourceSpans
}

func (c *collector) Start(context.Context) error { return nil }
func (c *collector) Stop(context.Context) error  { return nil }

func (c *collector) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	if c.upload != nil {
		return c.upload(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, spans...)
	return nil
}

// running is a relay that runs.
type running struct {
	*relay.Relay
	socket string
	stop   func()
}

func start(t *testing.T, c otlptrace.Client, log *slog.Logger) running {
	t.Helper()
	r := running{socket: filepath.Join(t.TempDir(), "otlp.sock")}
	r.Relay = relay.New(relay.Config{Socket: r.socket, Client: c, Node: "node1", Log: log})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

func batch(names ...string) []*tracepb.ResourceSpans {
	scope := &tracepb.ScopeSpans{}
	for _, n := range names {
		scope.Spans = append(scope.Spans, &tracepb.Span{Name: n})
	}
	service := &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: "hawser-netagent"}}
	return []*tracepb.ResourceSpans{{
		Resource:   &resourcepb.Resource{Attributes: []*commonpb.KeyValue{{Key: "service.name", Value: service}}},
		ScopeSpans: []*tracepb.ScopeSpans{scope},
	}}
}

// netagent is the client that netagent has.
func netagent(t *testing.T, socket string) otlptrace.Client {
	t.Helper()
	c := otlpsocket.New(socket)
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Stop(context.Background()) })
	return c
}

// upload sends until the relay is there.
func upload(t *testing.T, c otlptrace.Client, spans []*tracepb.ResourceSpans) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		err := c.UploadTraces(t.Context(), spans)
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func TestRelay(t *testing.T) {
	var c collector
	r := start(t, &c, slog.Default())
	upload(t, netagent(t, r.socket), batch("one", "two"))
	r.stop()
	if len(c.sent) != 1 || len(c.sent[0].GetScopeSpans()[0].GetSpans()) != 2 {
		t.Fatalf("sent %v", c.sent)
	}
	attrs := map[string]string{}
	for _, a := range c.sent[0].GetResource().GetAttributes() {
		attrs[a.GetKey()] = a.GetValue().GetStringValue()
	}
	if attrs["service.name"] != "hawser-netagent" || attrs["k8s.node.name"] != "node1" {
		t.Errorf("resource is %v", attrs)
	}
	if r.Dropped() != 0 {
		t.Errorf("%d dropped", r.Dropped())
	}
	if _, err := os.Stat(r.socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func dial(t *testing.T, socket string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Nothing but the export of traces gets in, and no more of it than is bounded.
func TestNothingElseGetsIn(t *testing.T) {
	r := start(t, &collector{}, slog.Default())
	conn := dial(t, r.socket)
	wait := grpc.WaitForReady(true)
	_, err := healthpb.NewHealthClient(conn).Check(t.Context(), &healthpb.HealthCheckRequest{}, wait)
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("another service: %v", err)
	}
	err = conn.Invoke(t.Context(), "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", &tracepb.TracesData{}, &tracepb.TracesData{})
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("metrics: %v", err)
	}
	huge := &collectorpb.ExportTraceServiceRequest{ResourceSpans: batch(strings.Repeat("x", 2<<20))}
	if _, err := collectorpb.NewTraceServiceClient(conn).Export(t.Context(), huge, wait); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a huge message: %v", err)
	}
	if info, err := os.Stat(r.socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket's mode is %v, %v", info.Mode(), err)
	}
}

func TestAnotherUserIsRefused(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be another user")
	}
	var log bytes.Buffer
	r := start(t, &collector{}, slog.New(slog.NewTextHandler(&log, nil)))
	upload(t, netagent(t, r.socket), batch("own"))
	for _, path := range []string{r.socket, filepath.Dir(r.socket)} {
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	asAnotherGroup(t, func() {
		err := netagent(t, r.socket).UploadTraces(t.Context(), batch("foreign"))
		if status.Code(err) != codes.Unavailable {
			t.Errorf("got %v", err)
		}
	})
	r.stop()
	if !strings.Contains(log.String(), "connection refused") {
		t.Errorf("the log says %s", &log)
	}
}

// asAnotherGroup changes the whole process: SO_PEERCRED tells of the thread
// that connects, and gRPC connects on one of its own.
func asAnotherGroup(t *testing.T, f func()) {
	t.Helper()
	own := syscall.Getegid()
	if err := syscall.Setegid(12345); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setegid(own); err != nil {
			t.Fatal(err)
		}
	}()
	f()
}

// Who sends never waits for the collector; what finds no room is counted.
func TestSlowCollector(t *testing.T) {
	var gaveUp atomic.Int64
	c := collector{upload: func(ctx context.Context) error { <-ctx.Done(); gaveUp.Add(1); return ctx.Err() }}
	var log bytes.Buffer
	r := start(t, &c, slog.New(slog.NewTextHandler(&log, nil)))
	client := netagent(t, r.socket)
	upload(t, client, batch("first"))
	refused := 0
	for range 200 {
		if err := client.UploadTraces(t.Context(), batch("a", "b", "c")); err != nil {
			refused++
		}
	}
	if n := gaveUp.Load(); n > 0 {
		t.Errorf("200 messages were sent after the collector had been given up %d times, want before", n)
	}
	if refused == 0 || r.Dropped() != int64(3*refused) {
		t.Errorf("%d messages refused, %d spans counted", refused, r.Dropped())
	}
	r.stop()
	if got := r.Dropped(); got != 601 {
		t.Errorf("%d spans counted in the end, want all 601", got)
	}
	if n := strings.Count(log.String(), "spans of netagent are lost"); n != 1 {
		t.Errorf("said %d times", n)
	}
}

func TestNoPlaceForTheSocket(t *testing.T) {
	var log bytes.Buffer
	r := relay.New(relay.Config{Socket: "/nonexistent/s", Client: &collector{}, Node: "n", Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err := r.Run(t.Context()); err != nil || !strings.Contains(log.String(), "not relayed") {
		t.Errorf("%v, %s", err, &log)
	}
}
