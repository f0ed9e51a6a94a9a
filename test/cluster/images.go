package cluster

import (
	"context"
	"io/fs"
	"path/filepath"

	"github.com/hawser-dra/hawser/test/filetree"
	"github.com/hawser-dra/hawser/test/image"
	"github.com/hawser-dra/hawser/test/toolchain"
)

const (
	pauseImage = "hawser/pause:1" // as containerd.toml has it
	// exampleImage is what the examples in deploy/ use. The cluster has no
	// registry: it gets an image of that name made from this machine's programs.
	exampleImage = "nicolaka/netshoot:v0.14"
)

// examplePrograms are those of the example image that busybox's applets of the
// same names are no match for.
var examplePrograms = []string{"dash", "ip", "bridge", "tc", "ss", "rdma", "ethtool", "ping"}

// makeImages writes the images that every cluster has; the result is a map from
// file names to files.
func makeImages(ctx context.Context, t *toolchain.Toolchain, pauseDir string) (map[string]string, error) {
	sandbox := image.Image{
		Config: image.Config{Entrypoint: []string{"/pause"}},
		Files:  &filetree.Tree{},
	}
	sandbox.Files.File("/pause", filepath.Join(pauseDir, "pause"))
	images := map[string]string{}
	for file, i := range map[string]struct {
		name string
		image.Image
	}{
		"pause.tar":   {pauseImage, sandbox},
		"example.tar": {exampleImage, exampleContent()},
	} {
		digest, err := i.Files.Digest(t.Fingerprint)
		if err != nil {
			return nil, err
		}
		dir, err := t.Keep(ctx, "image", toolchain.Key(file, i.name, digest), func(dir string) error {
			return i.WriteFile(filepath.Join(dir, file), i.name)
		})
		if err != nil {
			return nil, err
		}
		images[file] = filepath.Join(dir, file)
	}
	return images, nil
}

// exampleContent is a small system with a shell and the network's tools.
func exampleContent() image.Image {
	tree := &filetree.Tree{}
	tree.MergedUsr()
	tree.Programs(examplePrograms...)
	tree.Link("/usr/bin/sh", "dash")
	tree.Busybox()
	tree.Dir("/tmp", 0o777|fs.ModeSticky)
	tree.Text("/etc/passwd", 0o644, "root:x:0:0:root:/root:/bin/sh\n")
	tree.Text("/etc/group", 0o644, "root:x:0:\n")
	tree.Dir("/root", 0o700)
	return image.Image{
		Config: image.Config{
			Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
			Cmd: []string{"/bin/sh"},
		},
		Files: tree,
	}
}
