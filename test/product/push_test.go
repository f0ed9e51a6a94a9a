package product

import (
	"archive/tar"
	"crypto/sha256"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/hawser-dra/hawser/test/internal/buildah"
)

// content is what a container of an image sees.
type content struct {
	Labels          map[string]string
	Entrypoint, Cmd []string
	User            string
	Files           map[string]file
}

type file struct {
	Mode   int64
	Digest [sha256.Size]byte
}

// TestPush builds the Dockerfiles with a real engine, for both architectures, and
// pushes them to a registry, by make push. What is there then is what package
// image makes of the same Dockerfiles, to the byte of each binary.
func TestPush(t *testing.T) {
	if testing.Short() {
		t.Skip("builds everything for another architecture, which -short is not for")
	}
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	repositories := strings.TrimPrefix(server.URL, "http://") + "/test"
	engine := buildah.New(t)
	push := engine.Command("make", "--no-print-directory", "-C", "../..", "push", "ENGINE=buildah", "REGISTRY="+repositories,
		"VERSION=v0.0.0-test", "REVISION=0123abc", "BUILDFLAGS="+engine.Flags, "PUSHFLAGS=--tls-verify=false")
	if out, err := push.CombinedOutput(); err != nil {
		t.Fatalf("make push: %v\n%s", err, out)
	}
	for _, arch := range []string{"amd64", "arm64"} {
		t.Setenv("GOARCH", arch)
		s := Source{Repo: "../..", Version: "v0.0.0-test", Revision: "0123abc"}
		bin := filepath.Join(t.TempDir(), "bin")
		if err := s.Compile(t.Context(), bin); err != nil {
			t.Fatal(err)
		}
		for repository, dockerfile := range dockerfiles {
			archive := filepath.Join(t.TempDir(), "image.tar")
			if err := s.archive(archive, repository+":test", dockerfile, bin); err != nil {
				t.Fatal(err)
			}
			want, err := tarball.ImageFromPath(archive, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := pulled(t, repositories+"/"+repository+":v0.0.0-test", arch)
			if diff := cmp.Diff(inside(t, want), inside(t, got)); diff != "" {
				t.Errorf("%s for %s (-test/image +buildah):\n%s", repository, arch, diff)
			}
		}
	}
}

func pulled(t *testing.T, image, arch string) v1.Image {
	t.Helper()
	ref, err := name.ParseReference(image, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	i, err := remote.Image(ref, remote.WithContext(t.Context()), remote.WithPlatform(v1.Platform{OS: "linux", Architecture: arch}))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func inside(t *testing.T, i v1.Image) content {
	t.Helper()
	config, err := i.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	c := content{
		Labels: config.Config.Labels, Entrypoint: config.Config.Entrypoint, Cmd: config.Config.Cmd,
		User: config.Config.User, Files: map[string]file{},
	}
	delete(c.Labels, "io.buildah.version")
	layers := mutate.Extract(i)
	defer layers.Close()
	for r := tar.NewReader(layers); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return c
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			sum := sha256.New()
			if _, err := io.Copy(sum, r); err != nil {
				t.Fatal(err)
			}
			c.Files[strings.TrimPrefix(h.Name, "/")] = file{h.Mode & 0o7777, [sha256.Size]byte(sum.Sum(nil))}
		}
	}
}
