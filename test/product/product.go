// Package product builds the driver from a checkout and installs it on a test
// cluster as users install it: the images that the Dockerfiles describe, the
// manifests in deploy/ as they are.
package product

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hawser-dra/hawser/test/cluster"
	"github.com/hawser-dra/hawser/test/image"
)

// Namespace and DaemonSet are where deploy/ puts the driver.
const (
	Namespace = "dra-system"
	DaemonSet = "dra-driver"
)

// rolloutTimeout bounds the wait for the driver's pods, as kubectl reads it.
const rolloutTimeout = "3m"

// dockerfiles of the product and the repositories that deploy/ has them under.
var dockerfiles = map[string]string{
	"hawser/driver":   "Dockerfile.driver",
	"hawser/netagent": "Dockerfile.netagent",
}

// Source is what to build and install.
type Source struct {
	Repo     string    // the checkout
	Version  string    // what the binaries say of themselves
	Revision string    // what the images say that they were made of; "" is that it is unknown
	Tags     string    // build tags; none for the product as it is shipped
	Overlay  string    // kustomization to apply instead of deploy/, which it names
	Log      io.Writer // takes a few lines on how it goes
}

// Install builds the product, gives its images to the node, applies the
// manifests, and waits until the driver's pods are ready. Done again, it changes
// what changed, and starts the pods anew if that was an image.
func (s Source) Install(ctx context.Context, c *cluster.Cluster) error {
	return s.install(ctx, c, s.deploy())
}

func (s Source) install(ctx context.Context, c *cluster.Cluster, kustomization string) error {
	existed, err := installed(ctx, c)
	if err != nil {
		return err
	}
	changed, err := s.load(ctx, c)
	if err != nil {
		return err
	}
	if err := s.kubectl(ctx, c, "apply", "-k", kustomization); err != nil {
		return err
	}
	if existed && len(changed) > 0 {
		if err := s.kubectl(ctx, c, "-n", Namespace, "rollout", "restart", "daemonset/"+DaemonSet); err != nil {
			return err
		}
	}
	err = s.kubectl(ctx, c, "-n", Namespace, "rollout", "status", "daemonset/"+DaemonSet, "--timeout="+rolloutTimeout)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, c.Explain(ctx, Namespace))
	}
	return nil
}

func installed(ctx context.Context, c *cluster.Cluster) (bool, error) {
	out, err := c.Kubectl(ctx, "-n", Namespace, "get", "daemonset", DaemonSet, "--ignore-not-found", "-o", "name").Output()
	if err != nil {
		return false, fmt.Errorf("look for the driver on the cluster: %w", err)
	}
	return len(out) > 0, nil
}

// load builds the images and gives those to the node that it lacks. It returns
// their names.
func (s Source) load(ctx context.Context, c *cluster.Cluster) ([]string, error) {
	dir, err := os.MkdirTemp("", "hawser-images-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	archives, err := s.Build(ctx, c, dir)
	if err != nil {
		return nil, err
	}
	names, err := c.LoadImages(ctx, archives...)
	for _, n := range names {
		_, _ = fmt.Fprintln(s.Log, "loaded", n)
	}
	return names, err
}

// Build builds the binaries and writes the images as archives to dir, under the
// names that the manifests use. The cluster only lends its kubectl.
func (s Source) Build(ctx context.Context, c *cluster.Cluster, dir string) ([]string, error) {
	bin := filepath.Join(dir, "bin")
	if err := s.Compile(ctx, bin); err != nil {
		return nil, err
	}
	manifests, err := c.Kubectl(ctx, "kustomize", s.deploy()).Output()
	if err != nil {
		return nil, fmt.Errorf("read the manifests in %s: %w", s.deploy(), err)
	}
	var archives []string
	for repository, dockerfile := range dockerfiles {
		name, err := imageName(string(manifests), repository)
		if err != nil {
			return nil, err
		}
		archive := filepath.Join(dir, dockerfile+".tar")
		if err := s.archive(archive, name, dockerfile, bin); err != nil {
			return nil, err
		}
		archives = append(archives, archive)
	}
	return archives, nil
}

// archive writes the image that a Dockerfile describes, of the binaries in bin.
func (s Source) archive(path, name, dockerfile, bin string) error {
	args := map[string]string{"VERSION": s.Version}
	if s.Revision != "" {
		args["REVISION"] = s.Revision
	}
	i, err := image.FromDockerfile(filepath.Join(s.Repo, dockerfile), bin, args)
	if err != nil {
		return err
	}
	return i.WriteFile(path, name)
}

// Compile builds the binaries as the Dockerfiles do, into a directory.
func (s Source) Compile(ctx context.Context, bin string) error {
	flags := "-s -w -X github.com/hawser-dra/hawser/internal/version.Version=" + s.Version
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", s.Tags, "-ldflags", flags, "-o", bin+"/", "./cmd/...")
	c.Dir = s.Repo
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build the driver: %w\n%s", err, out)
	}
	return nil
}

// imageName finds the image of a repository in manifests, with its tag.
func imageName(manifests, repository string) (string, error) {
	for line := range strings.Lines(manifests) {
		_, name, ok := strings.Cut(line, "image: ")
		if name = strings.TrimSpace(name); ok && strings.HasPrefix(name, repository+":") {
			return name, nil
		}
	}
	return "", fmt.Errorf("the manifests use no image of %s", repository)
}

func (s Source) deploy() string {
	if s.Overlay != "" {
		return s.Overlay
	}
	return filepath.Join(s.Repo, "deploy")
}

// kubectl runs kubectl and lets it tell what it does.
func (s Source) kubectl(ctx context.Context, c *cluster.Cluster, args ...string) error {
	k := c.Kubectl(ctx, args...)
	k.Stdout, k.Stderr = s.Log, s.Log
	if err := k.Run(); err != nil {
		return fmt.Errorf("kubectl %s: %w", strings.Join(args, " "), err)
	}
	return nil
}
