package link

import (
	"context"
	"errors"
	"net"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Settings are what links of all kinds have.
type Settings struct {
	Name  string
	Group uint32
	MTU   uint32           // 0: the kernel's choice
	MAC   net.HardwareAddr // nil: the kernel's choice
}

// Kind is one kind of link that can be made: a type of this package.
type Kind interface {
	// Name is the kernel's word for the kind, and that of its module.
	Name() string
	// build returns the one request that makes the link.
	build(Settings) *nl.NetlinkRequest
}

// Create makes a link by one request and leaves it down. A name that is taken
// is [ErrExists]; a kind that the kernel lacks is a [NoModuleError].
func (c *Conn) Create(ctx context.Context, k Kind, s Settings) error {
	_, err := c.execute(ctx, request{op: "create " + k.Name() + " " + s.Name, kind: k.Name(), message: k.build(s)})
	if errors.Is(err, unix.EOPNOTSUPP) {
		return &NoModuleError{Kind: k.Name(), Module: k.Name()}
	}
	return err
}

// newLink begins the request that makes a link.
func newLink(s Settings) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL)
	req.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	for _, a := range s.attributes() {
		req.AddData(a)
	}
	return req
}

func (s Settings) attributes() []*nl.RtAttr {
	list := []*nl.RtAttr{
		nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(s.Name)),
		nl.NewRtAttr(unix.IFLA_GROUP, nl.Uint32Attr(s.Group)),
	}
	if s.MTU != 0 {
		list = append(list, nl.NewRtAttr(unix.IFLA_MTU, nl.Uint32Attr(s.MTU)))
	}
	if len(s.MAC) != 0 {
		list = append(list, nl.NewRtAttr(unix.IFLA_ADDRESS, s.MAC))
	}
	return list
}

// addParent names the link that the new one stands on.
func addParent(req *nl.NetlinkRequest, index int) {
	req.AddData(nl.NewRtAttr(unix.IFLA_LINK, nl.Uint32Attr(uint32(index))))
}

// addKind names the kind and returns the attribute that takes its settings.
func addKind(req *nl.NetlinkRequest, name string) *nl.RtAttr {
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(unix.IFLA_INFO_KIND, nl.NonZeroTerminated(name))
	data := info.AddRtAttr(unix.IFLA_INFO_DATA, nil)
	req.AddData(info)
	return data
}
