package link

import (
	"context"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// sizeofRtGenmsg is the size of struct rtgenmsg, padded.
const sizeofRtGenmsg = 4

// Namespaces returns the other namespaces that the host's knows by an nsid: the
// kernel gives one to each namespace that a link was moved to.
func (c *Conn) Namespaces(ctx context.Context) ([]Namespace, error) {
	req := nl.NewNetlinkRequest(unix.RTM_GETNSID, unix.NLM_F_DUMP)
	req.AddRawData(make([]byte, sizeofRtGenmsg))
	replies, err := c.dump(ctx, request{op: "list namespaces", message: req, reply: unix.RTM_NEWNSID})
	if err != nil {
		return nil, err
	}
	var list []Namespace
	for _, b := range replies {
		ns, err := parseNamespace(b)
		if err != nil {
			return nil, err
		}
		if ns != Host {
			list = append(list, ns)
		}
	}
	return list, nil
}

// parseNamespace reads the payload of an RTM_NEWNSID or RTM_DELNSID message.
func parseNamespace(b []byte) (Namespace, error) {
	if len(b) < sizeofRtGenmsg {
		return Host, errTruncated
	}
	ns := Host
	err := walk(b[sizeofRtGenmsg:], func(typ uint16, v []byte) error {
		if typ == unix.NETNSA_NSID && len(v) >= 4 {
			ns = Namespace(s32(v))
		}
		return nil
	})
	return ns, err
}
