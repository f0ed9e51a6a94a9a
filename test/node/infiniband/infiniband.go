// Package infiniband gives a test node an InfiniBand device without the
// hardware: a soft-RoCE device that says it is one, and with it the interface
// ib0. IPoIB children can be made on it, moved and deleted; no traffic flows.
//
// It takes a kernel module, built for the node's kernel. Only tests that want an
// ib0 pay for that: it is not part of the node's image.
package infiniband

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hawser-dra/hawser/test/node"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// module is the kernel module's name, and that of the folder with its source.
const module = "rxe_as_ib"

// ModuleFile is the name of the module's file in a machine's /host.
const ModuleFile = module + ".ko"

// addDevice adds rxe0 on the uplink and waits for ib0.
const addDevice = `set -e
modprobe -aq crc32_generic || true
modprobe -a ib_ipoib rdma_rxe
insmod /host/` + ModuleFile + `
rdma link add rxe0 type rxe netdev eth0
for _ in $(seq 100); do [ -e /sys/class/net/ib0 ] && exit; sleep 0.1; done
echo "no ib0 came" >&2
exit 1`

// removeDevice takes the device and the module away, so that soft-RoCE devices are
// Ethernet's again.
const removeDevice = `set -e
rdma link del rxe0
for _ in $(seq 100); do rmmod ` + module + ` && exit; sleep 0.1; done
exit 1`

// Remove takes away what Add has given.
func Remove(ctx context.Context, vm *node.VM) error {
	if _, err := vm.Run(ctx, removeDevice); err != nil {
		return fmt.Errorf("remove the InfiniBand device: %w", err)
	}
	return nil
}

// Add gives the machine the device rxe0 and the interface ib0, until Remove or
// its next reset.
func Add(ctx context.Context, t *toolchain.Toolchain, vm *node.VM) error {
	if err := add(ctx, t, vm); err != nil {
		return fmt.Errorf("add an InfiniBand device: %w", err)
	}
	return nil
}

func add(ctx context.Context, t *toolchain.Toolchain, vm *node.VM) error {
	if err := Share(ctx, t, vm); err != nil {
		return err
	}
	_, err := vm.Run(ctx, addDevice)
	return err
}

// Share puts the module's file into the machine's /host, and inserts nothing.
func Share(ctx context.Context, t *toolchain.Toolchain, vm *node.VM) error {
	return share(ctx, t, vm, module)
}

// share builds a module for the machine's kernel and puts its file into /host.
func share(ctx context.Context, t *toolchain.Toolchain, vm *node.VM, module string) error {
	source, err := toolchain.Source(ctx)
	if err != nil {
		return err
	}
	kernel, err := t.Kernel(ctx)
	if err != nil {
		return err
	}
	file, err := t.KernelModule(ctx, kernel, filepath.Join(source, "node", "infiniband", module))
	if err != nil {
		return err
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(vm.Share, module+".ko"), content, 0o644)
}
