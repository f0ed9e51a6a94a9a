package netagent_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/peer"
	"github.com/hawser-dra/hawser/internal/testns"
	"github.com/hawser-dra/hawser/netagent"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// patience is how long something may take on a node that is emulated on a busy
// machine: a bound on waiting for a failure.
const patience = time.Minute

// agent is a netagent that runs, and its caller.
type agent struct {
	t      testing.TB
	config netagent.Config
	client netagentv1.NetAgentClient
	conn   *grpc.ClientConn
	stop   func()
	log    io.Writer // the test's log, unless there would be too much
}

// start runs a netagent in the test's namespace. A test that needs another
// configuration changes it.
func start(t testing.TB, change ...func(*netagent.Config)) *agent {
	t.Helper()
	testns.Require(t)
	dir := t.TempDir()
	c := netagent.Config{
		Socket:         filepath.Join(dir, "netagent.sock"),
		JournalDir:     filepath.Join(dir, "journal"),
		AllowPeer:      peer.Identity{UID: uint32(os.Getuid()), GID: uint32(os.Getgid())},
		AllowParents:   []string{"up*", "br*"},
		MaxAttachments: 512,
	}
	for _, f := range change {
		f(&c)
	}
	a := &agent{t: t, config: c, log: testWriter{t}}
	a.start()
	t.Cleanup(func() { a.stop() })
	return a
}

func (a *agent) start() {
	a.t.Helper()
	log := slog.New(slog.NewTextHandler(a.log, &slog.HandlerOptions{Level: logging.Call}))
	ctx, cancel := context.WithCancel(logging.Into(context.Background(), log))
	done := make(chan error, 1)
	go func() { done <- netagent.Run(ctx, a.config) }()
	conn, err := grpc.NewClient("unix:"+a.config.Socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		a.t.Fatal(err)
	}
	a.conn, a.client = conn, netagentv1.NewNetAgentClient(conn)
	a.stop = func() {
		conn.Close()
		cancel()
		if err := <-done; err != nil {
			a.t.Errorf("netagent.Run: %v", err)
		}
		a.stop = func() {}
	}
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if c, err := net.Dial("unix", a.config.Socket); err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			a.t.Fatal("netagent does not listen")
		}
	}
}

// restart ends the netagent and starts it anew on the same journal.
func (a *agent) restart() {
	a.t.Helper()
	a.stop()
	a.start()
}

// attach attaches and must succeed; what it attached is detached at the end.
func (a *agent) attach(claim string, devices ...*netagentv1.DeviceRequest) []*netagentv1.Attachment {
	a.t.Helper()
	list, err := a.tryAttach(claim, devices...)
	if err != nil {
		a.t.Fatalf("Attach: %v", err)
	}
	return list
}

func (a *agent) tryAttach(claim string, devices ...*netagentv1.DeviceRequest) ([]*netagentv1.Attachment, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, err := a.client.Attach(ctx, &netagentv1.AttachRequest{ClaimUid: claim, Devices: devices})
	return answer.GetAttachments(), err
}

func (a *agent) detach(claim string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := a.client.Detach(ctx, &netagentv1.DetachRequest{ClaimUid: claim}); err != nil {
		a.t.Fatalf("Detach: %v", err)
	}
}

// journal is the names of the journal's files, but for what lies beside it.
func (a *agent) journal() []string {
	a.t.Helper()
	files, err := os.ReadDir(a.config.JournalDir)
	if err != nil {
		a.t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		if f.Name() != "claims.lock" && !f.IsDir() {
			names = append(names, f.Name())
		}
	}
	return names
}

// wantCode checks an error's code and returns its text.
func wantCode(t testing.TB, err error, want codes.Code) string {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Fatalf("got %v (%v), want %v", got, err, want)
	}
	return status.Convert(err).Message()
}

// eventually waits for what the kernel tells a moment later.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Logf("%s", b[:len(b)-1])
	return len(b), nil
}
