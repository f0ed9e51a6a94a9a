package rdma

import (
	"os"

	"github.com/vishvananda/netlink/nl"
)

// deviceSet is the request that changes a device.
const deviceSet = nl.RDMA_NLDEV_CMD_SET

// Move sends a device of netagent's namespace, in exclusive mode, to the network
// namespace that a file is of; it may be netagent's own. When it returns the device
// is there. Whoever uses it loses it, and its device files are new ones, whose
// numbers may be others.
func (r *Reader) Move(index uint32, namespace *os.File) error {
	to := nl.NewRtAttr(nl.RDMA_NLDEV_NET_NS_FD, nl.Uint32Attr(uint32(namespace.Fd())))
	_, err := ask(deviceSet, 0, indexAttr(index), to)
	return err
}

// Rename gives a device of netagent's namespace a name. Names are unique over all
// network namespaces.
func (r *Reader) Rename(index uint32, name string) error {
	_, err := ask(deviceSet, 0, indexAttr(index), nl.NewRtAttr(nl.RDMA_NLDEV_ATTR_DEV_NAME, nl.ZeroTerminated(name)))
	return err
}
