package link

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Event is something that happened to the host's links: a [Seen], a [Gone] or a
// [NamespaceGone].
type Event any

// Seen is a link that appeared or changed.
type Seen struct{ Link Link }

// Gone is a link that left the host namespace.
type Gone struct {
	Index int
	To    Namespace // where it went; [Host] when it was deleted
	NewIn int       // its index there
}

// NamespaceGone is a namespace that ended. Its number may be another's at once.
type NamespaceGone struct{ Namespace Namespace }

// parseEvent turns a message of the two groups into an event, or nil for what
// says nothing of links.
func parseEvent(m syscall.NetlinkMessage) (Event, error) {
	switch m.Header.Type {
	case unix.RTM_NEWLINK, unix.RTM_DELLINK:
		return parseLinkEvent(m.Header.Type, m.Data)
	case unix.RTM_DELNSID:
		ns, err := parseNamespace(m.Data)
		if err != nil || ns == Host {
			return nil, err
		}
		return NamespaceGone{Namespace: ns}, nil
	}
	return nil, nil
}

// parseLinkEvent passes over messages of another family: a bridge that loses a
// port tells it by an RTM_DELLINK too, of AF_BRIDGE.
func parseLinkEvent(typ uint16, b []byte) (Event, error) {
	l, err := parseLink(b)
	if err != nil || b[0] != unix.AF_UNSPEC {
		return nil, err
	}
	if typ == unix.RTM_NEWLINK {
		return Seen{Link: l}, nil
	}
	gone := Gone{Index: l.Index, To: Host, NewIn: l.Index}
	err = walk(b[unix.SizeofIfInfomsg:], gone.attribute)
	return gone, err
}

func (g *Gone) attribute(typ uint16, v []byte) error {
	switch {
	case typ == unix.IFLA_NEW_NETNSID && len(v) >= 4:
		g.To = Namespace(s32(v))
	case typ == unix.IFLA_NEW_IFINDEX && len(v) >= 4:
		g.NewIn = int(s32(v))
	}
	return nil
}
