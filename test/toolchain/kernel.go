package toolchain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// The kernel is the distribution's stock one, as long as it is new enough.
const (
	kernelPackage  = "linux-image-amd64"
	kernelMajorMin = 6
	kernelMinorMin = 12
)

// Kernel is an unpacked kernel package; nothing of it is installed.
type Kernel struct {
	Root    string // holds boot/ and lib/modules/, with module dependencies made
	Version string // as uname -r will say it
}

// Image is the bootable kernel file.
func (k Kernel) Image() string {
	return filepath.Join(k.Root, "boot", "vmlinuz-"+k.Version)
}

// Modules is the folder that holds the modules and their tables.
func (k Kernel) Modules() string {
	return filepath.Join(k.Root, "lib", "modules", k.Version)
}

// Kernel downloads and unpacks a kernel once. It stays the same, whatever newer
// one the suite has later, until the cache is emptied.
func (t *Toolchain) Kernel(ctx context.Context) (Kernel, error) {
	key := Key(kernelPackage, fmt.Sprint(kernelMajorMin, kernelMinorMin))
	root, err := t.Keep(ctx, "kernel", key, func(dir string) error {
		return t.Step("downloading a Linux kernel", func() error { return t.unpackKernel(ctx, dir) })
	})
	if err != nil {
		return Kernel{}, err
	}
	found, err := filepath.Glob(filepath.Join(root, "lib", "modules", "*"))
	if err != nil || len(found) != 1 {
		return Kernel{}, fmt.Errorf("want one kernel in %s, found %d", root, len(found))
	}
	return Kernel{Root: root, Version: filepath.Base(found[0])}, nil
}

func (t *Toolchain) unpackKernel(ctx context.Context, dir string) error {
	name, err := t.kernelPackage(ctx)
	if err != nil {
		return err
	}
	download := apt(ctx, "download", "-q", name)
	download.Dir = dir
	if err := quiet(download); err != nil {
		return err
	}
	debs, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil || len(debs) != 1 {
		return fmt.Errorf("want one package of %s, found %d", name, len(debs))
	}
	if err := quiet(exec.CommandContext(ctx, "dpkg", "-x", debs[0], dir)); err != nil {
		return err
	}
	if err := os.Remove(debs[0]); err != nil {
		return err
	}
	// Newer packages have all of it below /usr, where tools find it by this link.
	if _, err := os.Stat(filepath.Join(dir, "lib")); errors.Is(err, fs.ErrNotExist) {
		if err := os.Symlink("usr/lib", filepath.Join(dir, "lib")); err != nil {
			return err
		}
	}
	_, version, _ := strings.Cut(name, "linux-image-")
	version, _, _ = strings.Cut(version, "=")
	return quiet(exec.CommandContext(ctx, "depmod", "-b", dir, version))
}

// kernelPackage names a kernel that is new enough, as "package=version", from
// the machine's own suites or else from backports.
func (t *Toolchain) kernelPackage(ctx context.Context) (string, error) {
	if name, err := knownKernel(ctx); err != nil || name != "" {
		return name, err
	}
	if err := t.refresh(ctx); err != nil {
		return "", err
	}
	if _, err := t.useBackports(ctx); err != nil {
		return "", err
	}
	name, err := knownKernel(ctx)
	if err == nil && name == "" {
		err = fmt.Errorf("apt offers no %s of version %d.%d or newer", kernelPackage, kernelMajorMin, kernelMinorMin)
	}
	return name, err
}

// knownKernel asks apt for what the kernel's metapackage stands for. It returns
// nothing where all that apt knows is too old.
func knownKernel(ctx context.Context) (string, error) {
	out, err := output(exec.CommandContext(ctx, "apt-cache", "show", kernelPackage))
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return "", err // apt-cache exits 100 for a name that it does not know
	}
	return pickKernel(out), nil
}

// kernelDepends is the metapackage's dependency: linux-image-6.12.9-amd64 (= 6.12.9-1).
var kernelDepends = regexp.MustCompile(`(?m)^Depends: (linux-image-(\d+)\.(\d+)\S*) \(= (\S+)\)`)

// pickKernel reads apt-cache's stanzas, the newest first.
func pickKernel(stanzas string) string {
	for _, m := range kernelDepends.FindAllStringSubmatch(stanzas, -1) {
		major, _ := strconv.Atoi(m[2]) // digits, by the expression
		minor, _ := strconv.Atoi(m[3])
		if major > kernelMajorMin || major == kernelMajorMin && minor >= kernelMinorMin {
			return m[1] + "=" + m[4]
		}
	}
	return ""
}
