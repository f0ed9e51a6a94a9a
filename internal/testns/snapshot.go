package testns

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// dumps are what the kernel is asked for, with the length of each answer's header.
var dumps = []struct {
	name            string
	get, new        int
	request, header int
}{
	{"link", unix.RTM_GETLINK, unix.RTM_NEWLINK, unix.SizeofIfInfomsg, unix.SizeofIfInfomsg},
	{"address", unix.RTM_GETADDR, unix.RTM_NEWADDR, unix.SizeofIfAddrmsg, unix.SizeofIfAddrmsg},
	{"route", unix.RTM_GETROUTE, unix.RTM_NEWROUTE, unix.SizeofRtMsg, unix.SizeofRtMsg},
	{"rule", unix.RTM_GETRULE, unix.RTM_NEWRULE, unix.SizeofRtMsg, unix.SizeofRtMsg},
}

// nests are attributes that are read apart, by their path of numbers, and moving
// those that change by themselves.
var (
	nests = map[string]bool{
		"link/18": true, "link/18/2": true, "link/18/5": true, // what the kind has, and its master's
		"link/26": true, "link/26/2": true, "link/26/10": true, // sysctls of IPv4 and IPv6
	}
	moving = map[string]bool{
		"link/7": true, "link/23": true, "link/26/10/3": true, "link/26/10/6": true, // counters
		"link/18/2/19": true, "link/18/5/22": true, // timers of a bridge and its port
		"link/18/2/48": true, "link/18/5/41": true, // addresses that a bridge has learned
		"link/26/10/1": true,                   // what router discovery has done
		"link/26/10/5": true,                   // times
		"address/6":    true, "route/12": true, // times
	}
)

// Occupied are the attributes of a link that differ when it has been in use in
// between: its queueing discipline, operational state and mode, carrier and how
// often it changed, and what igbvf takes for the burned-in address.
func Occupied() []string {
	return []string{"link/6", "link/16", "link/17", "link/33", "link/35", "link/47", "link/48", "link/54"}
}

// Snapshot is all that the kernel says, byte for byte, of the host's links and
// their sysctls, what cards keep of virtual functions, addresses, routes, rules,
// PCI drivers and RDMA devices; without what changes by itself, and without the
// attributes that the caller leaves out.
func Snapshot(t testing.TB, without ...string) string {
	t.Helper()
	settle(t)
	var b strings.Builder
	for _, d := range dumps {
		for _, m := range dump(t, d.get, d.new, d.request) {
			id := fmt.Sprintf("%s %x", d.name, steady(d.name, m[:d.header], without))
			attributes(t, &b, id, d.name, m[d.header:], without)
		}
	}
	for _, pattern := range []string{
		"/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv[46]/conf/all/*", "/proc/sys/net/ipv[46]/conf/default/*",
		"/sys/bus/pci/devices/*/sriov_numvfs",
		"/sys/class/infiniband/*/node_guid", "/sys/class/infiniband/*/ports/*/state", "/sys/class/infiniband/*/ports/*/gid_attrs/ndevs/*",
	} {
		files, _ := filepath.Glob(pattern)
		for _, f := range files {
			content, _ := os.ReadFile(f) // some answer with an error, always
			fmt.Fprintf(&b, "%s: %s\n", f, strings.TrimSpace(string(content)))
		}
	}
	drivers, _ := filepath.Glob("/sys/bus/pci/devices/*/driver")
	for _, d := range drivers {
		target, _ := os.Readlink(d)
		fmt.Fprintf(&b, "%s: %s\n", d, filepath.Base(target))
	}
	return b.String()
}

// settle waits until no IPv6 address of a link with a carrier is being looked for:
// its route comes by itself, when that is over.
func settle(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); looked(t); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("an IPv6 address is being looked for, and does not come")
		}
	}
}

func looked(t testing.TB) bool {
	t.Helper()
	addresses, err := netlink.AddrList(nil, netlink.FAMILY_V6)
	if err != nil {
		return !errors.Is(err, unix.EAFNOSUPPORT)
	}
	return slices.ContainsFunc(addresses, func(a netlink.Addr) bool {
		if a.Flags&unix.IFA_F_TENTATIVE == 0 || a.Flags&unix.IFA_F_DADFAILED != 0 {
			return false
		}
		l, err := netlink.LinkByIndex(a.LinkIndex)
		return err == nil && l.Attrs().RawFlags&unix.IFF_LOWER_UP != 0
	})
}

// dump is one list of the kernel's, of one moment.
func dump(t testing.TB, get, reply, request int) [][]byte {
	t.Helper()
	for {
		req := nl.NewNetlinkRequest(get, unix.NLM_F_DUMP)
		req.AddRawData(make([]byte, request))
		if get == unix.RTM_GETLINK {
			req.AddData(nl.NewRtAttr(unix.IFLA_EXT_MASK, nl.Uint32Attr(1<<0|1<<3))) // virtual functions, no statistics
		}
		list, err := req.Execute(unix.NETLINK_ROUTE, uint16(reply))
		if err == nil {
			return list
		}
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			t.Fatal(err)
		}
	}
}

// steady is a message's header without flags that change by themselves: that an
// IPv6 address is being looked for, and, of a link that was in use, its carrier.
func steady(name string, header []byte, without []string) []byte {
	h := slices.Clone(header)
	switch {
	case name == "address":
		h[2] &^= unix.IFA_F_TENTATIVE
	case name == "link" && len(without) > 0:
		h[8] &^= unix.IFF_RUNNING
		h[10] &^= (unix.IFF_LOWER_UP | unix.IFF_DORMANT) >> 16
	}
	return h
}

func attributes(t testing.TB, b *strings.Builder, id, path string, data []byte, without []string) {
	t.Helper()
	list, err := nl.ParseRouteAttr(data)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for _, a := range list {
		p := path + "/" + strconv.Itoa(int(a.Attr.Type&nl.NLA_TYPE_MASK))
		switch {
		case moving[p] || slices.Contains(without, p):
		case nests[p]:
			attributes(t, b, id, p, a.Value, without)
		case p == "address/8": // flags once more
			v := slices.Clone(a.Value)
			v[0] &^= unix.IFA_F_TENTATIVE
			fmt.Fprintf(b, "%s %s %x\n", id, p, v)
		default:
			fmt.Fprintf(b, "%s %s %s\n", id, p, value(a.Value))
		}
	}
}

// value is text where it is one, for whoever reads the difference.
func value(v []byte) string {
	text := strings.TrimSuffix(string(v), "\x00")
	if len(text) > 1 && strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
		return strconv.Quote(text)
	}
	return hex.EncodeToString(v)
}
