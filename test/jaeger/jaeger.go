// Package jaeger makes the image of Jaeger that deploy/ names: the test cluster
// has no registry, so Jaeger is built from its Go module. The module has the
// query API but not the web pages.
package jaeger

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/hawser-dra/hawser/test/filetree"
	"github.com/hawser-dra/hawser/test/image"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// Repository is the image's name without its tag.
const Repository = "jaegertracing/all-in-one"

// program is built as Jaeger's own image is, with its version in
// cluster/build/jaeger/go.mod. That file repeats the replacement in Jaeger's
// own, which a consumer does not inherit.
var program = toolchain.Program{
	Name:     "jaeger",
	Packages: []string{"github.com/jaegertracing/jaeger/cmd/all-in-one"},
	Tags:     []string{"netgo", "osusergo"},
}

// Build builds Jaeger or finds it in the cache, and returns its folder.
func Build(ctx context.Context, t *toolchain.Toolchain) (string, error) {
	source, err := toolchain.Source(ctx)
	if err != nil {
		return "", err
	}
	p := program
	p.Dir = filepath.Join(source, "cluster/build/jaeger")
	return t.Build(ctx, p)
}

// Image writes the image to an archive under a name.
func Image(ctx context.Context, t *toolchain.Toolchain, archive, name string) error {
	bin, err := Build(ctx, t)
	if err != nil {
		return err
	}
	i := image.Image{Config: image.Config{Entrypoint: []string{"/all-in-one"}}, Files: &filetree.Tree{}}
	i.Files.File("/all-in-one", filepath.Join(bin, "all-in-one"))
	if err := i.WriteFile(archive, name); err != nil {
		return fmt.Errorf("image of jaeger: %w", err)
	}
	return nil
}
