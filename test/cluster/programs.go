package cluster

import (
	"context"
	"fmt"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/hawser-dra/hawser/test/toolchain"
)

// buildPackages are the Debian packages that runc is linked with.
var buildPackages = []string{"gcc", "libc6-dev", "libseccomp-dev", "pkg-config"}

const kubernetesVersion = "v1.37.2"

// The programs of the cluster. Their versions stand in the go.mod files under
// build/, their folders by the same names.
var (
	kubernetesProgram = toolchain.Program{
		Name:     "kubernetes",
		Packages: []string{"."},
		Tags:     []string{"netgo", "osusergo"},
		LDFlags: []string{
			"-X k8s.io/component-base/version.gitVersion=" + kubernetesVersion,
			"-X k8s.io/component-base/version.gitMajor=1",
			"-X k8s.io/component-base/version.gitMinor=37",
			"-X k8s.io/component-base/version.gitTreeState=clean",
			"-X k8s.io/client-go/pkg/version.gitVersion=" + kubernetesVersion,
		},
	}
	containerdProgram = toolchain.Program{
		Name: "containerd",
		Packages: []string{
			"github.com/containerd/containerd/v2/cmd/containerd",
			"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
			"github.com/containerd/containerd/v2/cmd/ctr",
		},
		Tags:    []string{"netgo", "osusergo", "static_build", "urfave_cli_no_docs", "no_btrfs", "no_zfs", "no_devmapper"},
		LDFlags: []string{"-X github.com/containerd/containerd/v2/version.Version=v2.4.2"},
	}
	// runc wants seccomp: containerd gives every sandbox a profile, and without
	// support for it none starts.
	runcProgram = toolchain.Program{
		Name:     "runc",
		Packages: []string{"github.com/opencontainers/runc"},
		Tags:     []string{"seccomp", "netgo", "osusergo", "urfave_cli_no_docs"},
		LDFlags:  []string{"-linkmode external", "-extldflags -static"},
		CGO:      true,
	}
	cniProgram = toolchain.Program{
		Name: "cni",
		Packages: []string{
			"github.com/containernetworking/plugins/plugins/main/bridge",
			"github.com/containernetworking/plugins/plugins/main/loopback",
			"github.com/containernetworking/plugins/plugins/ipam/host-local",
		},
	}
	pauseProgram = toolchain.Program{
		Name:     "pause",
		Packages: []string{"."},
	}
)

// programs are the directories that the built programs are in.
type programs struct {
	kubernetes, containerd, runc, cni, pause string
}

// Runtime builds containerd and runc alone, and returns their directories.
func Runtime(ctx context.Context, t *toolchain.Toolchain) (containerd, runc string, err error) {
	if err := t.Packages(ctx, buildPackages...); err != nil {
		return "", "", err
	}
	source, err := toolchain.Source(ctx)
	if err != nil {
		return "", "", err
	}
	c, r := containerdProgram, runcProgram
	c.Dir, r.Dir = filepath.Join(source, "cluster/build/containerd"), filepath.Join(source, "cluster/build/runc")
	if containerd, err = t.Build(ctx, c); err != nil {
		return "", "", err
	}
	runc, err = t.Build(ctx, r)
	return containerd, runc, err
}

// build builds all programs, the one that takes longest beside the others.
func build(ctx context.Context, t *toolchain.Toolchain) (programs, error) {
	source, err := toolchain.Source(ctx)
	if err != nil {
		return programs{}, err
	}
	var built programs
	g, ctx := errgroup.WithContext(ctx)
	step := func(p toolchain.Program, dir string, to *string) error {
		p.Dir = filepath.Join(source, "cluster", dir)
		var err error
		*to, err = t.Build(ctx, p)
		return err
	}
	g.Go(func() error { return step(kubernetesProgram, "build/kubernetes", &built.kubernetes) })
	g.Go(func() error {
		for _, s := range []struct {
			p   toolchain.Program
			dir string
			to  *string
		}{
			{containerdProgram, "build/containerd", &built.containerd},
			{runcProgram, "build/runc", &built.runc},
			{cniProgram, "build/cni", &built.cni},
			{pauseProgram, "pause", &built.pause},
		} {
			if err := step(s.p, s.dir, s.to); err != nil {
				return err
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return programs{}, fmt.Errorf("build the cluster's programs: %w", err)
	}
	return built, nil
}
