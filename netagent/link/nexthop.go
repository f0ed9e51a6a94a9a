package link

import (
	"context"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Sizes in linux/nexthop.h.
const (
	sizeofNhmsg      = 8
	sizeofNexthopGrp = 8
)

// nexthop is an object that routes can be made of: one link, or a group of others.
type nexthop struct {
	link  int
	group []uint32
}

// nexthops are the kernel's, by number. A group holds none that are groups.
type nexthops map[uint32]nexthop

// addLinks adds the links that an object leaves by.
func (n nexthops) addLinks(to Set, object uint32) {
	for _, o := range append([]uint32{object}, n[object].group...) {
		if link := n[o].link; link != 0 {
			to[link] = true
		}
	}
}

// nexthops reads the objects. A kernel that is told so (sysctl
// net.ipv4.nexthop_compat_mode) says of a route which object it is of, and not
// what that is.
func (c *Conn) nexthops(ctx context.Context) (nexthops, error) {
	req := nl.NewNetlinkRequest(unix.RTM_GETNEXTHOP, unix.NLM_F_DUMP)
	req.AddRawData(make([]byte, sizeofNhmsg))
	replies, err := c.dump(ctx, request{op: "list nexthops", message: req, reply: unix.RTM_NEWNEXTHOP})
	if err != nil {
		return nil, err
	}
	all := nexthops{}
	for _, b := range replies {
		id, n, err := parseNexthop(b)
		if err != nil {
			return nil, err
		}
		all[id] = n
	}
	return all, nil
}

func parseNexthop(b []byte) (id uint32, n nexthop, err error) {
	if len(b) < sizeofNhmsg {
		return 0, n, errTruncated
	}
	err = walk(b[sizeofNhmsg:], func(typ uint16, v []byte) error {
		switch typ {
		case unix.NHA_ID:
			id = u32(v)
		case unix.NHA_OIF:
			n.link = int(s32(v))
		case unix.NHA_GROUP:
			for ; len(v) >= sizeofNexthopGrp; v = v[sizeofNexthopGrp:] {
				n.group = append(n.group, u32(v))
			}
		}
		return nil
	})
	return id, n, err
}
