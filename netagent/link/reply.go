package link

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// errInterrupted is a dump during which links came or went: it may lack some.
var errInterrupted = errors.New("list changed while it was read")

// maxErrno is the kernel's MAX_ERRNO.
const maxErrno = 4095

// reply gathers the messages that answer one request. The nl package's own
// reading of them panics when a dump ends with an error and the kernel's text.
type reply struct {
	seq         uint32
	typ         uint16 // of the messages that carry the answer
	payloads    [][]byte
	interrupted bool
	done        bool
}

// add takes a message. What a request that timed out has left in the socket has
// another sequence number and is passed over.
func (r *reply) add(m syscall.NetlinkMessage) error {
	if m.Header.Seq != r.seq || r.done {
		return nil
	}
	if m.Header.Flags&unix.NLM_F_DUMP_INTR != 0 {
		r.interrupted = true
	}
	switch m.Header.Type {
	case unix.NLMSG_DONE, unix.NLMSG_ERROR:
		r.done = true
		return r.end(m)
	case r.typ:
		r.payloads = append(r.payloads, m.Data)
	}
	return nil
}

func (r *reply) end(m syscall.NetlinkMessage) error {
	errno, words, err := parseEnd(m)
	switch {
	case err != nil:
		return err
	case errno != 0 && words != "":
		return fmt.Errorf("%w: %s", errno, words)
	case errno != 0:
		return errno
	case r.interrupted:
		return errInterrupted
	}
	return nil
}

// parseEnd reads the message that ends an answer: an error number, then, in an
// error message alone, the request's header or all of it, then attributes.
func parseEnd(m syscall.NetlinkMessage) (errno syscall.Errno, words string, err error) {
	if len(m.Data) < 4 {
		return 0, "", errTruncated
	}
	n := -int64(s32(m.Data))
	if n < 0 || n > maxErrno {
		return 0, "", fmt.Errorf("netlink error number %d", n)
	}
	rest := m.Data[4:]
	if m.Header.Flags&unix.NLM_F_ACK_TLVS == 0 {
		return syscall.Errno(n), "", nil
	}
	if m.Header.Type == unix.NLMSG_ERROR {
		if rest, err = skipRequest(rest, m.Header.Flags&unix.NLM_F_CAPPED != 0); err != nil {
			return 0, "", err
		}
	}
	err = walk(rest, func(typ uint16, v []byte) error {
		if typ == unix.NLMSGERR_ATTR_MSG {
			words = text(v)
		}
		return nil
	})
	return syscall.Errno(n), words, err
}

func skipRequest(b []byte, headerOnly bool) ([]byte, error) {
	if len(b) < unix.SizeofNlMsghdr {
		return nil, errTruncated
	}
	n := unix.SizeofNlMsghdr
	if !headerOnly {
		n = aligned(int(u32(b)))
	}
	if n < unix.SizeofNlMsghdr || n > len(b) {
		return nil, errTruncated
	}
	return b[n:], nil
}
