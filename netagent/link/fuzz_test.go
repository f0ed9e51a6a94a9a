package link

import (
	"encoding/binary"
	"errors"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// FuzzLink: a link that is read has what its message holds and no more.
func FuzzLink(f *testing.F) {
	f.Add(fullLink())
	f.Add(linkMessage(unix.AF_BRIDGE, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := parseLink(b)
		if size := len(l.Name) + len(l.Alias) + len(l.Kind); err == nil && size > len(b) {
			t.Errorf("%d bytes of text in a message of %d", size, len(b))
		}
	})
}

// FuzzEvent reads what the kernel tells by itself.
func FuzzEvent(f *testing.F) {
	f.Add(uint16(unix.RTM_NEWLINK), fullLink())
	f.Add(uint16(unix.RTM_DELLINK), linkMessage(unix.AF_UNSPEC, 0, u32Attr(unix.IFLA_NEW_NETNSID, 5), u32Attr(unix.IFLA_NEW_IFINDEX, 2)))
	f.Add(uint16(unix.RTM_DELNSID), []byte{0, 0, 0, 0, 8, 0, 1, 0, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, typ uint16, b []byte) {
		e, err := parseEvent(syscall.NetlinkMessage{Header: syscall.NlMsghdr{Type: typ}, Data: b})
		if ended, ok := e.(NamespaceGone); ok && err == nil && ended.Namespace == Host {
			t.Error("the host's namespace ended")
		}
	})
}

// FuzzReply reads the answer to a request, message by message as the socket
// splits it.
func FuzzReply(f *testing.F) {
	message := func(typ, flags uint16, seq uint32, data []byte) []byte {
		return append(header(typ, flags, seq, len(data)), data...)
	}
	f.Add(message(unix.RTM_NEWLINK, unix.NLM_F_MULTI, 1, fullLink()))
	f.Add(append(message(unix.RTM_NEWLINK, unix.NLM_F_DUMP_INTR, 1, fullLink()), message(unix.NLMSG_DONE, 0, 1, make([]byte, 4))...))
	f.Add(message(unix.NLMSG_ERROR, unix.NLM_F_ACK_TLVS, 1, make([]byte, 24)))
	f.Fuzz(func(t *testing.T, b []byte) {
		messages, err := syscall.ParseNetlinkMessage(b)
		if err != nil {
			return
		}
		answer := reply{seq: 1, typ: unix.RTM_NEWLINK}
		for _, m := range messages {
			if err := answer.add(m); err != nil {
				if errno := syscall.Errno(0); errors.As(err, &errno) && (errno == 0 || errno > maxErrno) {
					t.Errorf("error number %d", errno)
				}
				return
			}
		}
		if len(answer.payloads) > len(messages) {
			t.Errorf("%d payloads of %d messages", len(answer.payloads), len(messages))
		}
	})
}

func header(typ, flags uint16, seq uint32, size int) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+size))
	b = binary.NativeEndian.AppendUint16(b, typ)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = binary.NativeEndian.AppendUint32(b, seq)
	return binary.NativeEndian.AppendUint32(b, 0)
}

// FuzzUse reads routes and addresses, by which it is decided which links the node
// needs.
func FuzzUse(f *testing.F) {
	route := make([]byte, unix.SizeofRtMsg)
	route[0], route[7] = unix.AF_INET, unix.RTN_UNICAST
	f.Add(append(route, u32Attr(unix.RTA_OIF, 3).Serialize()...))
	f.Add([]byte{unix.AF_INET6, 64, 0, 0, 7, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		hops, _, err := parseDefaultRoute(b)
		if err == nil && len(hops) > len(b)/unix.SizeofRtNexthop+1 {
			t.Errorf("%d hops in %d bytes", len(hops), len(b))
		}
		if links, err := parseAddress(b); err == nil && len(links) > 1 {
			t.Errorf("an address of %d links", len(links))
		}
		if _, n, err := parseNexthop(b); err == nil && len(n.group) > len(b)/sizeofNexthopGrp {
			t.Errorf("a group of %d in %d bytes", len(n.group), len(b))
		}
	})
}
