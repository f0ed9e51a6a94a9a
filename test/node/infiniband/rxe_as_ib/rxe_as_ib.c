// SPDX-License-Identifier: GPL-2.0
/*
 * For tests only: soft-RoCE (rxe) devices that are added after this module
 * report an InfiniBand link layer, so that ib_ipoib gives them an interface,
 * ib0, as a host channel adapter has one. There is no subnet manager: links
 * can be made, moved and deleted, but carry no traffic.
 *
 * With as_ib=0 the devices stay what they are, and can only be moved between
 * network namespaces, which rxe itself refuses for want of one callback.
 *
 * Three functions are changed by return probes, by their names in the kernel's
 * symbol table.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <rdma/ib_verbs.h>

static bool as_ib = true;
module_param(as_ib, bool, 0444);
MODULE_PARM_DESC(as_ib, "report an InfiniBand link layer (0: only allow moves between namespaces)");

/* The core moves only devices that can let go of their users. */
static void disassociate_ucontext(struct ib_ucontext *context)
{
}

/* An InfiniBand port has its GID by itself, not from an interface's address. */
static int query_gid(struct ib_device *device, u32 port, int index, union ib_gid *gid)
{
	memset(gid, 0, sizeof(*gid));
	if (index == 0) {
		gid->global.subnet_prefix = cpu_to_be64(0xfe80000000000000ULL);
		gid->global.interface_id = device->node_guid;
	}
	return 0;
}

/* int rxe_port_immutable(device, port, immutable): called once, as the device is registered. */
struct port_call {
	struct ib_device *device;
	struct ib_port_immutable *immutable;
};

static int port_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct port_call *call = (void *)instance->data;

	call->device = (void *)regs_get_kernel_argument(regs, 0);
	call->immutable = (void *)regs_get_kernel_argument(regs, 2);
	call->device->ops.disassociate_ucontext = disassociate_ucontext;
	if (as_ib)
		call->device->ops.query_gid = query_gid;
	return 0;
}

static int port_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct port_call *call = (void *)instance->data;

	if (as_ib)
		call->immutable->core_cap_flags =
			RDMA_CORE_CAP_PROT_IB | RDMA_CORE_CAP_IB_MAD | RDMA_CORE_CAP_IB_SA;
	return 0;
}

/* enum rdma_link_layer rxe_get_link_layer(device, port) */
static int layer_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	regs_set_return_value(regs, IB_LINK_LAYER_INFINIBAND);
	return 0;
}

/* int ib_get_eth_speed(device, port, speed, width): fails for a port that is not Ethernet's. */
struct speed_call {
	u16 *speed;
	u8 *width;
};

static int speed_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct speed_call *call = (void *)instance->data;

	call->speed = (void *)regs_get_kernel_argument(regs, 2);
	call->width = (void *)regs_get_kernel_argument(regs, 3);
	return 0;
}

static int speed_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct speed_call *call = (void *)instance->data;

	*call->speed = IB_SPEED_SDR;
	*call->width = IB_WIDTH_1X;
	regs_set_return_value(regs, 0);
	return 0;
}

static struct kretprobe port = {
	.kp.symbol_name = "rxe_port_immutable",
	.entry_handler = port_entry,
	.handler = port_return,
	.data_size = sizeof(struct port_call),
	.maxactive = 8,
};

static struct kretprobe layer = {
	.kp.symbol_name = "rxe_get_link_layer",
	.handler = layer_return,
	.maxactive = 64,
};

static struct kretprobe speed = {
	.kp.symbol_name = "ib_get_eth_speed",
	.entry_handler = speed_entry,
	.handler = speed_return,
	.data_size = sizeof(struct speed_call),
	.maxactive = 64,
};

static struct kretprobe *probes[] = { &port, &layer, &speed };

static int __init rxe_as_ib_init(void)
{
	return register_kretprobes(probes, as_ib ? ARRAY_SIZE(probes) : 1);
}

static void __exit rxe_as_ib_exit(void)
{
	unregister_kretprobes(probes, as_ib ? ARRAY_SIZE(probes) : 1);
}

module_init(rxe_as_ib_init);
module_exit(rxe_as_ib_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("For tests: soft-RoCE with an InfiniBand link layer");
