package link

import (
	"bytes"
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"
)

var errTruncated = errors.New("netlink message is cut short")

// typeMask takes the flags "nested" and "network byte order" off a type.
const typeMask = 0x3fff

// walk calls visit with each netlink attribute in b. The slice it hands over
// is part of b.
func walk(b []byte, visit func(typ uint16, value []byte) error) error {
	for len(b) > 0 {
		if len(b) < unix.SizeofRtAttr {
			return errTruncated
		}
		n := int(binary.NativeEndian.Uint16(b))
		if n < unix.SizeofRtAttr || n > len(b) {
			return errTruncated
		}
		typ := binary.NativeEndian.Uint16(b[2:]) & typeMask
		if err := visit(typ, b[unix.SizeofRtAttr:n]); err != nil {
			return err
		}
		b = b[min(aligned(n), len(b)):]
	}
	return nil
}

func aligned(n int) int {
	return (n + unix.RTA_ALIGNTO - 1) &^ (unix.RTA_ALIGNTO - 1)
}

// u32 reads an attribute's value; one that is too short reads as 0, which no
// caller takes for an index, a group or a limit.
func u32(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(b)
}

func s32(b []byte) int32 { return int32(u32(b)) }

// text reads a string that may or may not end in a zero byte.
func text(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	return string(b)
}
