package bundle_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

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

// TestDriverIsAsked: what is not ready is in the report.
func TestDriverIsAsked(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "health.sock")
	server, err := health.Listen(socket, health.Check{Name: "netagent", Ready: func() error { return errors.New("is away") }})
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Run(t.Context()) }()
	var archive bytes.Buffer
	err = bundle.Write(t.Context(), &archive, bundle.Config{HealthSocket: socket, NetagentSocket: filepath.Join(t.TempDir(), "none")})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(archive.String(), "is away") {
		t.Error("the bundle does not say what is not ready")
	}
}
