package toolchain

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// modulePackages are the Debian packages that a kernel module is built with.
var modulePackages = []string{"gcc", "libc6-dev", "libelf1", "make"}

// KernelModule builds the module in the folder source, which is named after it
// and has a Makefile of the kernel's kind, and returns the path of the .ko file.
func (t *Toolchain) KernelModule(ctx context.Context, k Kernel, source string) (string, error) {
	if err := t.Packages(ctx, modulePackages...); err != nil {
		return "", err
	}
	headers, err := t.headers(ctx, k)
	if err != nil {
		return "", err
	}
	sum, err := t.sources(source)
	if err != nil {
		return "", err
	}
	name := filepath.Base(source)
	dir, err := t.Keep(ctx, name, Key(k.Version, sum), func(dir string) error {
		return t.Step("building the kernel module "+name, func() error {
			return buildModule(ctx, filepath.Join(headers, "usr/src/linux-headers-"+k.Version), source, dir)
		})
	})
	return filepath.Join(dir, name+".ko"), err
}

// buildModule builds in a folder of its own, because make writes beside the
// source, and keeps the result.
func buildModule(ctx context.Context, headers, source, dir string) error {
	work := filepath.Join(dir, "build")
	if err := os.CopyFS(work, os.DirFS(source)); err != nil {
		return err
	}
	// Any gcc will do, and nobody needs the module's type information.
	err := quiet(exec.CommandContext(ctx, "make", "-C", headers, "M="+work,
		"CC=gcc", "CROSS_COMPILE=", "CONFIG_DEBUG_INFO_BTF_MODULES=", "modules"))
	if err != nil {
		return err
	}
	file := filepath.Base(source) + ".ko"
	if err := os.Rename(filepath.Join(work, file), filepath.Join(dir, file)); err != nil {
		return err
	}
	return os.RemoveAll(work)
}

// headers downloads and unpacks the kernel's headers. They are not installed,
// because that would install the kernel.
func (t *Toolchain) headers(ctx context.Context, k Kernel) (string, error) {
	return t.Keep(ctx, "kernel-headers", Key(k.Version), func(dir string) error {
		return t.Step("downloading the kernel's headers", func() error { return unpackHeaders(ctx, k, dir) })
	})
}

func unpackHeaders(ctx context.Context, k Kernel, dir string) error {
	release := strings.TrimSuffix(k.Version, "-amd64")
	download := apt(ctx, "download", "-q", "linux-headers-"+k.Version, "linux-headers-"+release+"-common", "linux-kbuild-"+release)
	download.Dir = dir
	if err := quiet(download); err != nil {
		return err
	}
	debs, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil {
		return err
	}
	for _, deb := range debs {
		if err := quiet(exec.CommandContext(ctx, "dpkg", "-x", deb, dir)); err != nil {
			return err
		}
		if err := os.Remove(deb); err != nil {
			return err
		}
	}
	// The package's Makefile names the common one by where it is installed.
	makefile := filepath.Join(dir, "usr/src/linux-headers-"+k.Version, "Makefile")
	text := fmt.Sprintf("include $(dir $(realpath $(lastword $(MAKEFILE_LIST))))/../linux-headers-%s-common/Makefile\n", release)
	return os.WriteFile(makefile, []byte(text), 0o644)
}
