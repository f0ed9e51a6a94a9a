package podreport_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/hawser-dra/hawser/api/report"
	"github.com/hawser-dra/hawser/controlplane/podreport"
)

const claim = "0b0f6f0e-7a39-4c1b-9d4e-0f1f5c7a9e11"

type sink chan report.Report

func (s sink) InPod(_ context.Context, r report.Report) { s <- r }

// driver is a listener that runs.
type driver struct {
	heard sink
	stop  func()
}

func start(t *testing.T, dir string) driver {
	t.Helper()
	d := driver{heard: make(sink, 8)}
	l, err := podreport.Listen(dir, d.heard, noop.Tracer{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	d.stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	return d
}

func send(t *testing.T, dir string, datagram []byte) {
	t.Helper()
	c, err := net.Dial("unixgram", filepath.Join(dir, report.SocketName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Write(datagram); err != nil {
		t.Fatal(err)
	}
}

func ready(t *testing.T, device string) []byte {
	t.Helper()
	b, err := report.Report{ClaimUID: claim, Device: device, Outcome: report.Ready}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (d driver) hears(t *testing.T, device string) {
	t.Helper()
	select {
	case r := <-d.heard:
		if r.ClaimUID != claim || r.Device != device || r.Outcome != report.Ready {
			t.Errorf("heard %+v", r)
		}
	case <-time.After(time.Minute):
		t.Errorf("%s was not heard", device)
	}
}

func TestReports(t *testing.T) {
	dir := t.TempDir()
	d := start(t, dir)
	info, err := os.Lstat(filepath.Join(dir, report.SocketName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, mode %v", err, info.Mode())
	}
	for _, bad := range []string{"", "{", `{"claimUID":"x"}`, strings.Repeat("x", report.MaxSize+100)} {
		send(t, dir, []byte(bad))
	}
	send(t, dir, ready(t, "d0"))
	d.hears(t, "d0") // and nothing before it
	d.stop()
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestNewestDriverHears(t *testing.T) {
	dir := t.TempDir()
	old := start(t, dir)
	next := start(t, dir)
	send(t, dir, ready(t, "d1"))
	next.hears(t, "d1")
	old.stop()
	send(t, dir, ready(t, "d2"))
	next.hears(t, "d2")
	next.stop()
}

func TestSocketOfCrashedDriverIsReplaced(t *testing.T) {
	dir := t.TempDir()
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, report.SocketName), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close() // leaves the file
	d := start(t, dir)
	send(t, dir, ready(t, "d0"))
	d.hears(t, "d0")
	d.stop()
}

func TestNoDirectory(t *testing.T) {
	if _, err := podreport.Listen("/nonexistent", nil, nil); err == nil || !strings.Contains(err.Error(), "socket for podlink") {
		t.Errorf("got %v", err)
	}
}
