package infiniband

import (
	"context"
	"fmt"

	"github.com/hawser-dra/hawser/test/node"
	"github.com/hawser-dra/hawser/test/toolchain"
)

// cardModule is the kernel module that has soft-RoCE devices hang under the PCI
// function of their link, and outlive its leaving, as a card's do.
const cardModule = "rxe_on_card"

const addOnCard = `set -e
modprobe -aq crc32_generic || true
modprobe -a rdma_rxe ib_uverbs ib_umad rdma_ucm
insmod /host/` + cardModule + `.ko
rdma link add %s type rxe netdev %s`

const removeFromCard = `rdma link del %s
for _ in $(seq 100); do rmmod ` + cardModule + ` && exit; sleep 0.1; done
exit 1`

// AddOnCard gives a link of the machine, that of a PCI function, an RDMA device as
// a network card with RDMA has one.
func AddOnCard(ctx context.Context, t *toolchain.Toolchain, vm *node.VM, device, link string) error {
	err := share(ctx, t, vm, cardModule)
	if err == nil {
		_, err = vm.Run(ctx, fmt.Sprintf(addOnCard, device, link))
	}
	if err != nil {
		return fmt.Errorf("add RDMA device %s to the card of %s: %w", device, link, err)
	}
	return nil
}

// RemoveFromCard takes it away. The link must be at home.
func RemoveFromCard(ctx context.Context, vm *node.VM, device string) error {
	if _, err := vm.Run(ctx, fmt.Sprintf(removeFromCard, device)); err != nil {
		return fmt.Errorf("remove RDMA device %s: %w", device, err)
	}
	return nil
}
