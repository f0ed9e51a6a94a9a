package install_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/controlplane/install"
)

func source(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "podlink")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func podlink(t *testing.T, source, dir string) os.FileInfo {
	t.Helper()
	path, err := install.Podlink(source, dir)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := os.ReadFile(source)
	got, err := os.ReadFile(path)
	if err != nil || string(got) != string(want) {
		t.Errorf("%s has %q, %v", path, got, err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != 0o755 {
		t.Errorf("%v, mode %v", err, info.Mode())
	}
	return info
}

func TestPodlink(t *testing.T) {
	dir := t.TempDir()
	first := podlink(t, source(t, "one"), dir)
	if !os.SameFile(first, podlink(t, source(t, "one"), dir)) {
		t.Error("equal content was written again")
	}
	if os.SameFile(first, podlink(t, source(t, "two"), dir)) {
		t.Error("the file was written in place: a hook that starts now would fail")
	}
	if err := os.Chmod(filepath.Join(dir, install.Name), 0o600); err != nil {
		t.Fatal(err)
	}
	podlink(t, source(t, "two"), dir)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestSymbolicLinkIsReplaced(t *testing.T) {
	dir, victim := t.TempDir(), source(t, "one")
	if err := os.Symlink(victim, filepath.Join(dir, install.Name)); err != nil {
		t.Fatal(err)
	}
	podlink(t, source(t, "two"), dir)
	if b, _ := os.ReadFile(victim); string(b) != "one" {
		t.Errorf("what the link led to is %q", b)
	}
}

func TestTwins(t *testing.T) {
	dir, src := t.TempDir(), source(t, strings.Repeat("x", 1<<20))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := install.Podlink(src, dir); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	podlink(t, src, dir)
}

func TestMissing(t *testing.T) {
	if _, err := install.Podlink("/nonexistent", t.TempDir()); err == nil || !strings.Contains(err.Error(), "podlink in the image") {
		t.Errorf("got %v", err)
	}
	if _, err := install.Podlink(source(t, "one"), "/nonexistent"); err == nil {
		t.Error("no error without the directory")
	}
}

func TestNoexec(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOEXEC, ""); err != nil {
		if os.Getenv("HAWSER_KERNEL") == "full" {
			t.Fatal(err)
		}
		t.Skipf("a tmpfs cannot be mounted: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	_, err := install.Podlink(source(t, "one"), dir)
	if err == nil || !strings.Contains(err.Error(), "noexec") || !strings.Contains(err.Error(), "--podlink=false") {
		t.Errorf("got %v", err)
	}
}
