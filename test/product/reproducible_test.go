package product

import (
	"crypto/sha256"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReproducible builds the product twice, from two folders and the second time
// with nothing of the first in the build cache: binaries and images are the same
// to the byte. Whoever has the source can so tell what an image was made of.
func TestReproducible(t *testing.T) {
	if testing.Short() {
		t.Skip("builds everything anew, which -short is not for")
	}
	first := buildIn(t, filepath.Join(t.TempDir(), "a"))
	t.Setenv("GOCACHE", filepath.Join(t.TempDir(), "cache"))
	second := buildIn(t, filepath.Join(t.TempDir(), "another", "folder"))
	if diff := cmp.Diff(first, second); diff != "" || len(first) != 3+len(dockerfiles) {
		t.Errorf("digests of %d files (-first +second):\n%s", len(first), diff)
	}
}

// buildIn copies the checkout to dir, builds it there and returns the digests of
// what was built.
func buildIn(t *testing.T, dir string) map[string][sha256.Size]byte {
	t.Helper()
	checkout(t, dir)
	s := Source{Repo: dir, Version: "v0.0.0-test"}
	out := t.TempDir()
	bin := filepath.Join(out, "bin")
	if err := s.Compile(t.Context(), bin); err != nil {
		t.Fatal(err)
	}
	for repository, dockerfile := range dockerfiles {
		if err := s.archive(filepath.Join(out, dockerfile+".tar"), repository+":test", dockerfile, bin); err != nil {
			t.Fatal(err)
		}
	}
	digests := map[string][sha256.Size]byte{}
	for _, pattern := range []string{"bin/*", "*.tar"} {
		files, err := filepath.Glob(filepath.Join(out, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			digests[filepath.Base(f)] = digest(t, f)
		}
	}
	return digests
}

// checkout copies the files that git has of the repository.
func checkout(t *testing.T, dir string) {
	t.Helper()
	const repo = "../.."
	list, err := exec.CommandContext(t.Context(), "git", "-C", repo, "ls-files", "-z", "*.go", "go.mod", "go.sum", "Dockerfile.*").Output()
	if err != nil {
		t.Fatalf("list the repository's files: %v", err)
	}
	for file := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		b, err := os.ReadFile(filepath.Join(repo, file))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func digest(t *testing.T, path string) (sum [sha256.Size]byte) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	return [sha256.Size]byte(h.Sum(nil))
}
