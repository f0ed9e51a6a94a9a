// Package testtree makes trees such as sysfs for tests, from maps of paths below
// a directory. What a path needs above it is made too.
package testtree

import (
	"os"
	"path/filepath"
	"testing"
)

// Files writes texts by path.
func Files(t testing.TB, dir string, texts map[string]string) {
	t.Helper()
	for name, text := range texts {
		if err := os.WriteFile(below(t, dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Links makes symbolic links by path; each target is relative to its link.
func Links(t testing.TB, dir string, targets map[string]string) {
	t.Helper()
	for name, target := range targets {
		if err := os.Symlink(target, below(t, dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func below(t testing.TB, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	return path
}
