package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hawser-dra/hawser/test/filetree"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// diskSize is what the node can use; the file has holes where nothing is.
const diskSize = 4 << 30

// makeDisk writes the disk and bakes it.
func makeDisk(ctx context.Context, t *toolchain.Toolchain, kernel toolchain.Kernel, image Image, spec Spec) (string, error) {
	tree, err := system(ctx, t, kernel, image.Agent)
	if err != nil {
		return "", err
	}
	if spec.Files != nil {
		spec.Files(tree)
	}
	key, err := diskKey(t, tree, spec)
	if err != nil {
		return "", fmt.Errorf("describe the disk of %s: %w", spec.Name, err)
	}
	dir, err := t.Keep(ctx, spec.Name, key, func(dir string) error {
		return t.Step("making the disk of "+spec.Name, func() error {
			image.Disk = filepath.Join(dir, "disk")
			if err := writeDisk(ctx, tree, image.Disk); err != nil {
				return err
			}
			return bake(ctx, image, spec, filepath.Join(dir, "bake"))
		})
	})
	return filepath.Join(dir, "disk"), err
}

func diskKey(t *toolchain.Toolchain, tree *filetree.Tree, spec Spec) (string, error) {
	digest, err := tree.Digest(t.Fingerprint)
	if err != nil {
		return "", err
	}
	var files filetree.Tree
	for name, from := range spec.BakeFiles {
		files.File("/"+name, from)
	}
	bakeDigest, err := files.Digest(t.Fingerprint)
	return toolchain.Key(digest, bakeDigest, spec.Bake), err
}

// writeDisk makes an ext4 file system that holds the tree.
func writeDisk(ctx context.Context, tree *filetree.Tree, disk string) error {
	root := disk + ".root"
	if err := os.Mkdir(root, 0o755); err != nil {
		return err
	}
	if err := tree.CopyTo(root); err != nil {
		return err
	}
	f, err := os.Create(disk)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Truncate(diskSize), f.Close()); err != nil {
		return err
	}
	// Without lazy initialisation the whole disk would be written, without
	// reserved blocks root has what anybody has.
	if err := command(ctx, "mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,root_owner=0:0", "-d", root, disk); err != nil {
		return err
	}
	return os.RemoveAll(root)
}

// bake boots the disk once, for good, and runs the script.
func bake(ctx context.Context, image Image, spec Spec, dir string) error {
	if spec.Bake == "" {
		return nil
	}
	share := filepath.Join(dir, "share")
	if err := os.MkdirAll(share, 0o755); err != nil {
		return err
	}
	for name, from := range spec.BakeFiles {
		if err := copyFile(filepath.Join(share, name), from); err != nil {
			return err
		}
	}
	vm, err := Start(ctx, Config{Image: image, Dir: dir, WriteDisk: true, Attached: true})
	if err != nil {
		return err
	}
	// Frozen, the file system is whole on the disk, and stays so.
	_, err = vm.Run(ctx, spec.Bake+"\nfsfreeze --freeze /")
	return errors.Join(err, vm.Stop(context.WithoutCancel(ctx)), os.RemoveAll(dir))
}
