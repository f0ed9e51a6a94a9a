package atomicfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/internal/atomicfile"
	"github.com/hawser-dra/hawser/internal/testns"
)

func TestWriteReplacesAndLeavesNothingElse(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "spec.json")
	for _, content := range []string{"one", "two"} {
		if err := atomicfile.Write(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Fatalf("read %q, %v, want %q", got, err, content)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	wantEntries(t, dir, 1)
}

func TestWriteFailureLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "taken")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(path, []byte("x"), 0o600); err == nil {
		t.Fatal("no error for a path that is a directory")
	}
	wantEntries(t, dir, 1)
}

func TestRemoveTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := atomicfile.Write(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := atomicfile.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRemoveOnAReadOnlyFileSystem(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("small", dir, "tmpfs", 0, ""); errors.Is(err, unix.EPERM) {
		testns.Lacking(t, "a mount needs root")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	there := filepath.Join(dir, "there")
	if err := atomicfile.Write(there, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Remove(there); !errors.Is(err, unix.EROFS) {
		t.Errorf("a file that stays: %v", err)
	}
	if err := atomicfile.Remove(filepath.Join(dir, "gone")); err != nil {
		t.Errorf("a file that is gone: %v", err)
	}
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	for name, at := range map[string]time.Time{
		".a.json.123.tmp": old, // swept
		".b.json.123.tmp": time.Now(),
		".c.yaml.123.tmp": old,
		"a.json":          old,
		".a.json":         old,
		"a.json.123.tmp":  old,
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := atomicfile.Sweep(dir, func(name string) bool { return strings.HasSuffix(name, ".json") }, time.Minute); err != nil {
			t.Fatal(err)
		}
		wantEntries(t, dir, 5)
	}
	if _, err := os.Stat(filepath.Join(dir, ".a.json.123.tmp")); err == nil {
		t.Error("another one was removed")
	}
}

func wantEntries(t *testing.T, dir string, n int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != n {
		t.Errorf("%d entries in %s (%v), want %d", len(entries), dir, err, n)
	}
}
