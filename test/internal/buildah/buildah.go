// Package buildah builds the checkout's Dockerfiles for tests, with Debian's
// buildah in place of the engine that users have. It runs as root without user
// namespaces or a daemon, in a store of the test's own. Base images are made from
// this machine's files, under the names that the Dockerfiles have: there is no
// registry.
package buildah

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/test/filetree"
	"github.com/hawser-dra/hawser/test/image"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// goBase is what the Dockerfiles build Go in.
const goBase = "golang:1.26"

// Buildah has a store of images.
type Buildah struct {
	t   *testing.T
	env []string
	// Flags of each build: without a registry, and with Go as it is installed
	// here, in the place of the base's.
	Flags string
}

// New installs buildah where it is missing.
func New(t *testing.T) *Buildah {
	t.Helper()
	tools, err := toolchain.New("", os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	if err := tools.Packages(t.Context(), "buildah"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	store := filepath.Join(dir, "storage.conf")
	text := fmt.Sprintf("[storage]\ndriver = \"vfs\"\ngraphroot = %q\nrunroot = %q\n", filepath.Join(dir, "root"), filepath.Join(dir, "run"))
	if err := os.WriteFile(store, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b := &Buildah{t: t, env: append(os.Environ(), "CONTAINERS_STORAGE_CONF="+store, "BUILDAH_ISOLATION=chroot")}
	b.goBase()
	return b
}

// goBase makes a base with a shell and the settings of this machine's Go. Go
// itself, its modules and its cache are mounted into the build.
func (b *Buildah) goBase() {
	b.t.Helper()
	root, modules, cache := goEnv(b.t, "GOROOT"), goEnv(b.t, "GOMODCACHE"), goEnv(b.t, "GOCACHE")
	b.Flags = fmt.Sprintf("--pull-never -v %s:/usr/local/go:ro -v %s:/go/pkg/mod -v %s:/root/.cache/go-build", root, modules, cache)
	tree := Shell()
	const certificates = "/etc/ssl/certs/ca-certificates.crt"
	if _, err := os.Stat(certificates); err == nil {
		tree.File(certificates, certificates)
	}
	b.Base(goBase, tree, "PATH=/usr/local/go/bin:/usr/bin:/bin", "GOPATH=/go", "GOTOOLCHAIN=local", "GOFLAGS=",
		"GOPROXY="+goEnv(b.t, "GOPROXY"), "GOSUMDB="+goEnv(b.t, "GOSUMDB"))
}

// Shell is a small system for base images.
func Shell() *filetree.Tree {
	tree := &filetree.Tree{}
	tree.MergedUsr()
	tree.Programs("dash")
	tree.Link("/usr/bin/sh", "dash")
	tree.Busybox()
	tree.Dir("/tmp", 0o777|os.ModeSticky)
	tree.Text("/etc/passwd", 0o644, "root:x:0:0:root:/root:/bin/sh\n")
	return tree
}

// Base puts an image into the store, under a name as Dockerfiles have it.
func (b *Buildah) Base(name string, files *filetree.Tree, env ...string) {
	b.t.Helper()
	archive := filepath.Join(b.t.TempDir(), "base.tar")
	if err := (image.Image{Config: image.Config{Env: env}, Files: files}).WriteFile(archive, name); err != nil {
		b.t.Fatal(err)
	}
	if out, err := b.Command("buildah", "pull", "-q", "docker-archive:"+archive).CombinedOutput(); err != nil {
		b.t.Fatalf("take the base %s into the store: %v\n%s", name, err, out)
	}
}

// Command runs with this store.
func (b *Buildah) Command(name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(b.t.Context(), name, args...)
	c.Env = b.env
	return c
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
