package node

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hawser-dra/hawser/test/filetree"
	"github.com/hawser-dra/hawser/test/toolchain"
)

//go:embed files/initrd-init
var initrdScript string

// makeInitrd packs what it takes to mount the disk.
func makeInitrd(ctx context.Context, t *toolchain.Toolchain, kernel toolchain.Kernel) (string, error) {
	files, err := moduleFiles(ctx, kernel, initrdModules...)
	if err != nil {
		return "", err
	}
	dir, err := t.Keep(ctx, "initrd", toolchain.Key(filepath.Base(kernel.Root), initrdScript), func(dir string) error {
		tree := &filetree.Tree{}
		var order []string
		for _, f := range files {
			to := filepath.Join(dir, plain(filepath.Base(f)))
			if err := unpackModule(ctx, filepath.Join(kernel.Modules(), f), to); err != nil {
				return err
			}
			order = append(order, filepath.Base(to))
			tree.File("/modules/"+filepath.Base(to), to)
		}
		tree.Text("/modules/order", 0o644, strings.Join(order, "\n")+"\n")
		for _, d := range []string{"/dev", "/proc", "/disk"} {
			tree.Dir(d, 0o755)
		}
		busybox, err := exec.LookPath("busybox")
		if err != nil {
			return err
		}
		tree.File("/bin/busybox", busybox)
		tree.Text("/init", 0o755, initrdScript)
		out, err := os.Create(filepath.Join(dir, "initrd"))
		if err != nil {
			return err
		}
		defer func() { _ = out.Close() }()
		return tree.WriteCPIO(out)
	})
	return filepath.Join(dir, "initrd"), err
}
