package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/test/internal/process"
)

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func startSleep(t *testing.T) process.Process {
	t.Helper()
	p, err := process.Start(exec.Command("sleep", "60"), "sleeper", filepath.Join(t.TempDir(), "log"), true)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestClaimDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	unlock, err := claimDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if err := (state{Kubernetes: "/x"}).write(dir); err != nil {
		t.Fatal(err)
	}
	if s, err := readState(dir); err != nil || s.Kubernetes != "/x" {
		t.Errorf("got %+v, %v", s, err)
	}
}

// TestForeignDirectory: what Up does not know it must not use, nor Down remove.
func TestForeignDirectory(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "thesis.tex"))
	if _, err := claimDir(dir); err == nil {
		t.Error("the directory was taken")
	}
	if err := Down(t.Context(), dir); err != nil {
		t.Errorf("Down of what is no cluster: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "thesis.tex")); err != nil {
		t.Error(err)
	}
}

func TestOneClusterADirectory(t *testing.T) {
	dir := t.TempDir()
	p := startSleep(t)
	if err := (state{Processes: []process.Process{p}}).write(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := claimDir(dir); err == nil || !strings.Contains(err.Error(), "sleeper runs") {
		t.Errorf("got %v", err)
	}
	if err := p.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	unlock, err := claimDir(dir)
	if err != nil {
		t.Fatalf("of a dead cluster: %v", err)
	}
	unlock()
	if _, err := readState(dir); err == nil {
		t.Error("the dead cluster's state is still there")
	}
}

// TestDownAfterACutStart has only the state, as a start leaves it that was
// killed before the node ran.
func TestDownAfterACutStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	unlock, err := claimDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	p := startSleep(t)
	if err := (state{Processes: []process.Process{p}}).write(dir); err != nil {
		t.Fatal(err)
	}
	if err := Down(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if p.Alive() {
		t.Error("the process still runs")
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the directory is still there: %v", err)
	}
}
