// SPDX-License-Identifier: GPL-2.0
/*
 * For tests only: soft-RoCE (rxe) devices that are added after this module are
 * to the kernel what those of a network card with RDMA are: they hang under the
 * PCI function of the link that they work over, and stay when that link leaves
 * for another network namespace. Without it they hang under nothing, and end
 * when the link leaves.
 *
 * Whoever removes the hardware removes the RDMA device first.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <rdma/ib_verbs.h>

/* The link of the device that is being added; rdma link add takes them one by one. */
static struct net_device *link;

/* int rxe_net_add(const char *ibdev_name, struct net_device *ndev) */
static int add_entry(struct kprobe *probe, struct pt_regs *regs)
{
	link = (void *)regs_get_kernel_argument(regs, 1);
	return 0;
}

/* int ib_register_device(struct ib_device *device, const char *name, struct device *dma_device) */
static int register_entry(struct kprobe *probe, struct pt_regs *regs)
{
	struct ib_device *device = (void *)regs_get_kernel_argument(regs, 0);

	if (link && device->ops.driver_id == RDMA_DRIVER_RXE)
		device->dev.parent = link->dev.parent;
	link = NULL;
	return 0;
}

/* Is run instead of what is left out: it returns to the caller of that. */
static noinline void nothing(void)
{
	barrier();
}

/* void ib_unregister_device_queued(struct ib_device *device): rxe calls it when its link leaves. */
static int unregister_entry(struct kprobe *probe, struct pt_regs *regs)
{
	instruction_pointer_set(regs, (unsigned long)nothing);
	return 1;
}

/* Who changes the instruction pointer needs one, or the probe is optimised away. */
static void unregister_post(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe add = { .symbol_name = "rxe_net_add", .pre_handler = add_entry };
static struct kprobe reg = { .symbol_name = "ib_register_device", .pre_handler = register_entry };
static struct kprobe unregister = {
	.symbol_name = "ib_unregister_device_queued",
	.pre_handler = unregister_entry,
	.post_handler = unregister_post,
};

static struct kprobe *probes[] = { &add, &reg, &unregister };

static int __init rxe_on_card_init(void)
{
	return register_kprobes(probes, ARRAY_SIZE(probes));
}

static void __exit rxe_on_card_exit(void)
{
	unregister_kprobes(probes, ARRAY_SIZE(probes));
}

module_init(rxe_on_card_init);
module_exit(rxe_on_card_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("For tests: soft-RoCE as a network card with RDMA has it");
