package node

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hawser-dra/hawser/test/filetree"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// modules are the kernel modules in the node, by what they are for. What they
// depend on comes along.
var modules = strings.Fields(`
	virtio_net virtio_blk virtio_rng ext4 9p 9pnet_virtio pvpanic-pci
	dummy veth macvlan macvtap ipvlan ipvtap bridge br_netfilter bonding vrf 8021q tun ifb team
	igb igbvf e1000e
	ib_core ib_uverbs ib_umad rdma_ucm rdma_cm ib_ipoib rdma_rxe
	nfnetlink nfnetlink_queue nf_tables nft_chain_nat nft_masq nft_ct nft_nat nft_compat nft_reject nft_fib_inet nft_redir nft_log
	xt_MASQUERADE xt_conntrack xt_comment xt_mark xt_nat xt_addrtype
	act_mirred sch_ingress cls_u32 cls_bpf cls_flower
	xfrm_user inet_diag tcp_diag udp_diag netlink_diag
	overlay
`)

// optionalModules are those that some kernels have built in, or not at all.
var optionalModules = []string{"crc32_generic", "crc32c_generic", "netdevsim"}

// initrdModules are needed to mount the disk.
var initrdModules = []string{"virtio_blk", "ext4"}

// unpackModules is a directory with the modules, not compressed (the kernel
// loads them quicker) and with their tables.
func unpackModules(ctx context.Context, t *toolchain.Toolchain, k toolchain.Kernel) (string, error) {
	key := toolchain.Key(append([]string{filepath.Base(k.Root), k.Version}, append(modules, optionalModules...)...)...)
	return t.Keep(ctx, "modules", key, func(dir string) error {
		files, err := moduleFiles(ctx, k, modules...)
		if err != nil {
			return err
		}
		for _, m := range optionalModules {
			if more, err := moduleFiles(ctx, k, m); err == nil {
				files = append(files, more...)
			}
		}
		target := filepath.Join(dir, "lib", "modules", k.Version)
		for _, f := range files {
			if err := unpackModule(ctx, filepath.Join(k.Modules(), f), filepath.Join(target, plain(f))); err != nil {
				return err
			}
		}
		for _, table := range []string{"modules.order", "modules.builtin", "modules.builtin.modinfo"} {
			if err := copyFile(filepath.Join(target, table), filepath.Join(k.Modules(), table)); err != nil {
				return err
			}
		}
		return command(ctx, "depmod", "-b", dir, k.Version)
	})
}

// moduleFiles are the files of the modules and of all that they depend on, in
// the order in which to load them, below the kernel's module folder.
func moduleFiles(ctx context.Context, k toolchain.Kernel, names ...string) ([]string, error) {
	var files []string
	var errs []error
	seen := map[string]bool{}
	for _, name := range names {
		out, err := exec.CommandContext(ctx, "modprobe", "-d", k.Root, "-S", k.Version, "--show-depends", name).Output()
		if err != nil {
			errs = append(errs, fmt.Errorf("find the module %s: %w", name, err))
		}
		lines := bufio.NewScanner(bytes.NewReader(out))
		for lines.Scan() {
			// "insmod /path/to/module.ko.xz [options]", or "builtin name"
			path, ok := strings.CutPrefix(lines.Text(), "insmod "+k.Modules()+"/")
			if !ok {
				continue
			}
			if path, _, _ = strings.Cut(path, " "); !seen[path] {
				seen[path] = true
				files = append(files, path)
			}
		}
	}
	return files, errors.Join(errs...)
}

func unpackModule(ctx context.Context, from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if plain(from) == from {
		return copyFile(to, from)
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	c := exec.CommandContext(ctx, "xz", "--decompress", "--stdout", from)
	c.Stdout = out
	if err := c.Run(); err != nil {
		return fmt.Errorf("decompress %s: %w", from, err)
	}
	return nil
}

// plain is the module's file name without compression.
func plain(file string) string {
	return strings.TrimSuffix(file, ".xz")
}

// addModules puts the unpacked modules into the node's tree.
func addModules(tree *filetree.Tree, dir string) error {
	return filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		tree.File("/usr"+strings.TrimPrefix(path, dir), path)
		return nil
	})
}
