package bundle_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/bundle"
	"github.com/hawser-dra/hawser/controlplane/health"
)

// write returns the files of a bundle.
func write(t *testing.T, c bundle.Config) map[string]string {
	t.Helper()
	// netagent is waited for; a test need not.
	ctx, cancel := context.WithCancel(t.Context())
	if c.NetagentSocket == "" {
		cancel()
	}
	defer cancel()
	var archive bytes.Buffer
	if err := bundle.Write(ctx, &archive, c); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(&archive); ; {
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
		files[h.Name] = string(content)
	}
}

func file(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFilesAsTheyAre(t *testing.T) {
	cdi, state := t.TempDir(), t.TempDir()
	file(t, cdi, "a.json", "{broken")
	file(t, state, "b.alloc.json", "{}")
	if err := os.Mkdir(filepath.Join(state, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	got := write(t, bundle.Config{Version: "v1.2.3", CDIDir: cdi, StateDir: state})
	for name, want := range map[string]string{"version.txt": "v1.2.3\n", "specs/a.json": "{broken", "records/b.alloc.json": "{}"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if !strings.Contains(got["links.txt"], " lo ") {
		t.Errorf("links.txt has no lo:\n%s", got["links.txt"])
	}
	if _, ok := got["records/folder"]; ok {
		t.Error("a folder is in it as a file")
	}
}

// TestWhatCannotBeHad does not keep away the rest, and says why.
func TestWhatCannotBeHad(t *testing.T) {
	state := t.TempDir()
	file(t, state, "long", strings.Repeat("x", 1<<20+1))
	got := write(t, bundle.Config{CDIDir: filepath.Join(state, "none"), StateDir: state})
	for name, reason := range map[string]string{
		"health.txt.error":    "the driver does not answer",
		"metrics.txt.error":   "the driver does not answer",
		"netagent.json.error": "netagent",
		"specs.error":         "no such file",
		"records/long.error":  "longer than 1048576 bytes",
	} {
		if !strings.Contains(got[name], reason) {
			t.Errorf("%s is %q, want %q in it", name, got[name], reason)
		}
	}
	if n := len(got["records/long"]); n != 1<<20 {
		t.Errorf("%d bytes of the long file", n)
	}
}

func device(name string) *netagentv1.WatchResponse {
	return &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Device{Device: &netagentv1.NodeDevice{
		Name: name, Device: &netagentv1.NodeDevice_VirtualLinks{VirtualLinks: &netagentv1.VirtualLinks{}},
	}}}
}

// netagent tells of two devices, and would go on to tell what changes.
type netagent struct {
	netagentv1.UnimplementedNetAgentServer
}

func (netagent) Watch(_ *netagentv1.WatchRequest, to grpc.ServerStreamingServer[netagentv1.WatchResponse]) error {
	for _, e := range []*netagentv1.WatchResponse{
		device("virtual0"),
		device("virtual1"),
		{Event: &netagentv1.WatchResponse_Synced{Synced: &netagentv1.Synced{}}},
	} {
		if err := to.Send(e); err != nil {
			return err
		}
	}
	<-to.Context().Done()
	return nil
}

// TestProcessesAreAsked: what is not ready, and what netagent knows.
func TestProcessesAreAsked(t *testing.T) {
	dir := t.TempDir()
	c := bundle.Config{HealthSocket: filepath.Join(dir, "health.sock"), NetagentSocket: filepath.Join(dir, "netagent.sock")}
	driver, err := health.Listen(c.HealthSocket, health.Check{Name: "netagent", Ready: func() error { return errors.New("is away") }})
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = driver.Run(t.Context()) }()
	listener, err := net.Listen("unix", c.NetagentSocket)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	netagentv1.RegisterNetAgentServer(server, netagent{})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)

	got := write(t, c)
	if text := got["health.txt.error"]; !strings.Contains(text, "is away") {
		t.Errorf("health.txt.error is %q", text)
	}
	lines := strings.Split(strings.TrimSpace(got["netagent.json"]), "\n")
	if len(lines) != 2 || !strings.Contains(lines[1], "virtual1") {
		t.Errorf("netagent.json has %d lines:\n%s%s", len(lines), got["netagent.json"], got["netagent.json.error"])
	}
}
