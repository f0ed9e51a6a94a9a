package link

import (
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// linkMessage is the payload of a message about link 7.
func linkMessage(family byte, flags uint32, attrs ...*nl.RtAttr) []byte {
	b := make([]byte, unix.SizeofIfInfomsg)
	b[0] = family
	binary.NativeEndian.PutUint32(b[4:], 7)
	binary.NativeEndian.PutUint32(b[8:], flags)
	for _, a := range attrs {
		b = append(b, a.Serialize()...)
	}
	return b
}

func linkInfo(kind string) *nl.RtAttr {
	a := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	a.AddRtAttr(unix.IFLA_INFO_KIND, nl.ZeroTerminated(kind))
	return a
}

func u32Attr(typ int, v uint32) *nl.RtAttr { return nl.NewRtAttr(typ, nl.Uint32Attr(v)) }

func fullLink() []byte {
	return linkMessage(unix.AF_UNSPEC, unix.IFF_UP|unix.IFF_LOOPBACK,
		nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated("hw0")),
		nl.NewRtAttr(unix.IFLA_IFALIAS, nl.NonZeroTerminated("hawser/u/k")),
		nl.NewRtAttr(unix.IFLA_ADDRESS, []byte{2, 0, 0, 0, 0, 1}),
		u32Attr(unix.IFLA_GROUP, 18519), u32Attr(unix.IFLA_MTU, 1400),
		u32Attr(unix.IFLA_LINK, 3), u32Attr(unix.IFLA_LINK_NETNSID, 0), u32Attr(unix.IFLA_MASTER, 4),
		linkInfo("macvlan"))
}

func TestParseLink(t *testing.T) {
	want := Link{
		Index: 7, Name: "hw0", Alias: "hawser/u/k", Kind: "macvlan", Group: 18519,
		Flags: unix.IFF_UP | unix.IFF_LOOPBACK, MTU: 1400,
		MAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, Parent: 3, ParentElsewhere: true, Master: 4,
	}
	got, err := parseLink(fullLink())
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("%v (-want +got):\n%s", err, diff)
	}
}

func TestParseEvent(t *testing.T) {
	nsid := func(attrs ...*nl.RtAttr) []byte {
		b := make([]byte, sizeofRtGenmsg)
		for _, a := range attrs {
			b = append(b, a.Serialize()...)
		}
		return b
	}
	name := nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated("hw0"))
	for what, c := range map[string]struct {
		typ  uint16
		data []byte
		want Event
	}{
		"a new link":           {unix.RTM_NEWLINK, linkMessage(unix.AF_UNSPEC, 0, name), Seen{Link{Index: 7, Name: "hw0"}}},
		"deleted":              {unix.RTM_DELLINK, linkMessage(unix.AF_UNSPEC, 0, name), Gone{Index: 7, To: Host, NewIn: 7}},
		"moved":                {unix.RTM_DELLINK, linkMessage(unix.AF_UNSPEC, 0, u32Attr(unix.IFLA_NEW_NETNSID, 0), u32Attr(unix.IFLA_NEW_IFINDEX, 2)), Gone{Index: 7, To: 0, NewIn: 2}},
		"moved, index kept":    {unix.RTM_DELLINK, linkMessage(unix.AF_UNSPEC, 0, u32Attr(unix.IFLA_NEW_NETNSID, 5)), Gone{Index: 7, To: 5, NewIn: 7}},
		"no more a port":       {unix.RTM_DELLINK, linkMessage(unix.AF_BRIDGE, 0, name), nil},
		"namespace gone":       {unix.RTM_DELNSID, nsid(u32Attr(unix.NETNSA_NSID, 3)), NamespaceGone{3}},
		"namespace without id": {unix.RTM_DELNSID, nsid(u32Attr(unix.NETNSA_NSID, 0xffffffff)), nil},
		"namespace new":        {unix.RTM_NEWNSID, nsid(u32Attr(unix.NETNSA_NSID, 3)), nil},
		"something else":       {unix.RTM_NEWADDR, []byte{1}, nil},
	} {
		t.Run(what, func(t *testing.T) {
			got, err := parseEvent(syscall.NetlinkMessage{Header: syscall.NlMsghdr{Type: c.typ}, Data: c.data})
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestParseDefaultRoute(t *testing.T) {
	route := func(family, dstLen, typ byte, attrs ...*nl.RtAttr) []byte {
		b := make([]byte, unix.SizeofRtMsg)
		b[0], b[1], b[7] = family, dstLen, typ
		for _, a := range attrs {
			b = append(b, a.Serialize()...)
		}
		return b
	}
	hop := func(index byte) []byte { return append(append([]byte{}, nl.Uint16Attr(8)...), 0, 0, index, 0, 0, 0) }
	oif := u32Attr(unix.RTA_OIF, 9)
	multipath := nl.NewRtAttr(unix.RTA_MULTIPATH, append(hop(4), hop(5)...))
	for what, c := range map[string]struct {
		data   []byte
		want   []int
		object uint32
	}{
		"IPv4":          {route(unix.AF_INET, 0, unix.RTN_UNICAST, oif), []int{9}, 0},
		"IPv6":          {route(unix.AF_INET6, 0, unix.RTN_UNICAST, oif), []int{9}, 0},
		"two next hops": {route(unix.AF_INET, 0, unix.RTN_UNICAST, multipath), []int{4, 5}, 0},
		"half of all":   {route(unix.AF_INET, 1, unix.RTN_UNICAST, oif), []int{9}, 0},
		"the internet":  {route(unix.AF_INET6, 3, unix.RTN_UNICAST, oif), []int{9}, 0},
		"an object":     {route(unix.AF_INET, 0, unix.RTN_UNICAST, u32Attr(routeObject, 7)), nil, 7},
		"a network":     {route(unix.AF_INET, 24, unix.RTN_UNICAST, oif), nil, 0},
		"unreachable":   {route(unix.AF_INET6, 0, unix.RTN_UNREACHABLE, oif), nil, 0},
		"MPLS":          {route(unix.AF_MPLS, 0, unix.RTN_UNICAST, oif), nil, 0},
	} {
		if got, object, err := parseDefaultRoute(c.data); err != nil || !slices.Equal(got, c.want) || object != c.object {
			t.Errorf("%s: %v, %d, %v, want %v, %d", what, got, object, err, c.want, c.object)
		}
	}
}

// TestTruncated cuts a message at every byte: each cut is an error or lacks
// whole attributes, and none panics.
func TestTruncated(t *testing.T) {
	whole := fullLink()
	for n := range whole {
		if l, err := parseLink(whole[:n]); err != nil && !errors.Is(err, errTruncated) {
			t.Errorf("%d bytes: %+v, %v", n, l, err)
		}
	}
	if _, err := parseLink(whole[:len(whole)-1]); err == nil {
		t.Error("a last attribute that is cut short is no error")
	}
}

func TestParseEnd(t *testing.T) {
	number := func(errno unix.Errno) []byte { return nl.Uint32Attr(uint32(-int32(errno))) }
	words := nl.NewRtAttr(unix.NLMSGERR_ATTR_MSG, nl.ZeroTerminated("no such thing")).Serialize()
	request := append(nl.Uint32Attr(20), make([]byte, 16)...)
	for what, c := range map[string]struct {
		typ, flags uint16
		data       []byte
		errno      unix.Errno
		words      string
	}{
		"acknowledged":     {unix.NLMSG_ERROR, unix.NLM_F_CAPPED, append(number(0), request[:16]...), 0, ""},
		"dump ends":        {unix.NLMSG_DONE, unix.NLM_F_MULTI, number(0), 0, ""},
		"without words":    {unix.NLMSG_ERROR, 0, append(number(unix.ENODEV), request...), unix.ENODEV, ""},
		"request and text": {unix.NLMSG_ERROR, unix.NLM_F_ACK_TLVS, slices.Concat(number(unix.EINVAL), request, words), unix.EINVAL, "no such thing"},
		"header and text":  {unix.NLMSG_ERROR, unix.NLM_F_ACK_TLVS | unix.NLM_F_CAPPED, slices.Concat(number(unix.EINVAL), request[:16], words), unix.EINVAL, "no such thing"},
		"dump fails":       {unix.NLMSG_DONE, unix.NLM_F_ACK_TLVS, slices.Concat(number(unix.EINVAL), words), unix.EINVAL, "no such thing"},
	} {
		m := syscall.NetlinkMessage{Header: syscall.NlMsghdr{Type: c.typ, Flags: c.flags}, Data: c.data}
		errno, text, err := parseEnd(m)
		if errno != c.errno || text != c.words || err != nil {
			t.Errorf("%s: %d, %q, %v, want %d, %q", what, errno, text, err, c.errno, c.words)
		}
	}
}
