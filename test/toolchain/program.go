package toolchain

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Program is how to build executables from Go packages.
type Program struct {
	// Name is what the cache and the progress lines call it.
	Name string
	// Dir is the folder to build in. Its module, with go.mod and go.sum, fixes
	// every version.
	Dir string
	// Inputs are the folders whose files decide the result, for the cache's key.
	// None means Dir.
	Inputs []string
	// Packages to build: import paths, or "." for Dir itself.
	Packages []string
	Tags     []string
	LDFlags  []string
	// CGO links C libraries (statically, where LDFlags say so).
	CGO bool
}

// Build returns a directory that holds the executables, each named as the go
// command names it: after the last element of its package's path.
func (t *Toolchain) Build(ctx context.Context, p Program) (string, error) {
	key, err := t.programKey(p)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", p.Name, err)
	}
	return t.Keep(ctx, p.Name, key, func(dir string) error {
		return t.Step("building "+p.Name, func() error { return quiet(p.command(ctx, dir)) })
	})
}

func (t *Toolchain) programKey(p Program) (string, error) {
	inputs := p.Inputs
	if inputs == nil {
		inputs = []string{p.Dir}
	}
	parts := append(p.args(), runtime.Version(), runtime.GOARCH, fmt.Sprint(p.CGO))
	for _, dir := range inputs {
		sum, err := t.sources(dir)
		if err != nil {
			return "", err
		}
		parts = append(parts, sum)
	}
	return Key(parts...), nil
}

func (p Program) args() []string {
	args := []string{"build", "-trimpath", "-buildvcs=false", "-mod=readonly"}
	if len(p.Tags) > 0 {
		args = append(args, "-tags", strings.Join(p.Tags, ","))
	}
	return append(args, "-ldflags", strings.Join(append([]string{"-s", "-w"}, p.LDFlags...), " "))
}

func (p Program) command(ctx context.Context, dir string) *exec.Cmd {
	args := append(p.args(), "-o", dir+string(filepath.Separator))
	c := exec.CommandContext(ctx, "go", append(args, p.Packages...)...)
	c.Dir = p.Dir
	// The machine's own flags and workspace would make the result depend on them.
	c.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
	if p.CGO {
		c.Env = append(c.Env, "CGO_ENABLED=1")
	}
	return c
}
