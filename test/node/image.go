package node

import (
	"context"

	"github.com/hawser-dra/hawser/test/filetree"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// Packages are the Debian packages that an image is made with, or from.
var Packages = []string{
	"busybox-static", "dash", "e2fsprogs", "ethtool", "iproute2", "iputils-ping", "kmod", "mount", "util-linux", "xz-utils",
}

// Image is what a machine boots, and with what.
type Image struct {
	QEMU        string
	Accelerator string // "kvm" or "tcg"
	Agent       string // the agent's program, whose relay is of use on the host too
	Kernel      string
	Initrd      string
	Disk        string
}

// Spec is what an image has beyond the system itself.
type Spec struct {
	// Name is the image's in the cache.
	Name string
	// Files adds files. A script in /etc/rc.d is run at each boot; a program in
	// /etc/service is started with "service NAME start".
	Files func(*filetree.Tree)
	// Bake is a script that is run once, in a machine booted from the image;
	// what it leaves on the disk becomes part of the image.
	Bake string
	// BakeFiles are files for Bake to read, by their name below /host.
	BakeFiles map[string]string
}

// Prepare makes an image, or finds it in the cache.
func Prepare(ctx context.Context, t *toolchain.Toolchain, spec Spec) (Image, error) {
	if err := t.Packages(ctx, Packages...); err != nil {
		return Image{}, err
	}
	qemu, err := t.QEMU(ctx)
	if err != nil {
		return Image{}, err
	}
	kernel, err := t.Kernel(ctx)
	if err != nil {
		return Image{}, err
	}
	initrd, err := makeInitrd(ctx, t, kernel)
	if err != nil {
		return Image{}, err
	}
	agent, err := buildAgent(ctx, t)
	if err != nil {
		return Image{}, err
	}
	image := Image{QEMU: qemu, Kernel: kernel.Image(), Initrd: initrd, Agent: agent}
	if image.Accelerator, err = accelerator(ctx, t, image); err != nil {
		return Image{}, err
	}
	image.Disk, err = makeDisk(ctx, t, kernel, image, spec)
	return image, err
}
