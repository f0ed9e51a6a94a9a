package node

import (
	"context"
	_ "embed"
	"path/filepath"
	"strings"

	"github.com/hawser-dra/hawser/test/filetree"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// programs are the real ones in the node; busybox has the rest.
var programs = []string{
	"dash", "ip", "bridge", "tc", "ss", "rdma", "devlink", "ethtool", "ping",
	"mount", "umount", "findmnt", "nsenter", "unshare", "dmesg", "kmod",
}

var (
	//go:embed files/init
	initScript string
	//go:embed files/service
	serviceScript string
)

// system is the tree that every node has.
func system(ctx context.Context, t *toolchain.Toolchain, kernel toolchain.Kernel, agent string) (*filetree.Tree, error) {
	modules, err := unpackModules(ctx, t, kernel)
	if err != nil {
		return nil, err
	}
	tree := &filetree.Tree{}
	tree.MergedUsr()
	for _, d := range strings.Fields("/dev /proc /sys /run /tmp /host /root /mnt /usr/local/bin /var/lib /var/log /var/tmp /etc/rc.d /etc/service") {
		tree.Dir(d, 0o755)
	}
	tree.Link("/var/run", "/run")
	tree.Programs(programs...)
	tree.Link("/usr/bin/sh", "dash") // busybox's would run its own applets before real programs
	for _, name := range strings.Fields("modprobe insmod rmmod lsmod modinfo depmod") {
		tree.Link("/usr/sbin/"+name, "../bin/kmod")
	}
	tree.Busybox()
	tree.File("/usr/local/bin/agent", agent)
	tree.Text("/usr/sbin/init", 0o755, initScript)
	tree.Text("/usr/sbin/service", 0o755, serviceScript)
	// No devices that nobody asked for.
	tree.Text("/etc/modprobe.d/node.conf", 0o644, "options dummy numdummies=0\noptions bonding max_bonds=0\noptions ifb numifbs=0\n")
	tree.Text("/etc/passwd", 0o644, "root:x:0:0:root:/root:/bin/sh\n")
	tree.Text("/etc/group", 0o644, "root:x:0:\n")
	tree.Text("/etc/hostname", 0o644, "node\n")
	// Nothing in the node has business outside; an image that is missing is told at once.
	tree.Text("/etc/resolv.conf", 0o644, "# No name server.\n")
	tree.Text("/etc/os-release", 0o644, "ID=hawser-node\nPRETTY_NAME=\"Hawser test node\"\n")
	tree.Text("/etc/machine-id", 0o644, "68617773657200000000000000000000\n")
	tree.Text("/etc/hosts", 0o644, "127.0.0.1 localhost\n::1 localhost\n")
	return tree, addModules(tree, modules)
}

// buildAgent builds the program that serves the host from inside.
func buildAgent(ctx context.Context, t *toolchain.Toolchain) (string, error) {
	source, err := toolchain.Source(ctx)
	if err != nil {
		return "", err
	}
	dir, err := t.Build(ctx, toolchain.Program{
		Name:     "agent",
		Dir:      source,
		Inputs:   []string{filepath.Join(source, "node", "agent"), filepath.Join(source, "internal", "wire")},
		Packages: []string{"./node/agent"},
	})
	return filepath.Join(dir, "agent"), err
}
