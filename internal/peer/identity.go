// Package peer admits exactly one caller to a Unix socket: the process with
// one user and one group id, as the kernel states them (SO_PEERCRED).
//
// They are read once, at accept, and carried as a type. The process id is never
// looked at: across containers it reads 0, and one may be used again. Whoever
// puts the socket in place owes a directory that only the two containers mount.
package peer

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/grpc/credentials"
	grpcpeer "google.golang.org/grpc/peer"
)

// Identity is a caller: a user and a group id.
type Identity struct {
	UID, GID uint32
}

// Parse reads "uid:gid", both in decimal.
func Parse(s string) (Identity, error) {
	u, g, ok := strings.Cut(s, ":")
	uid, uerr := strconv.ParseUint(u, 10, 32)
	gid, gerr := strconv.ParseUint(g, 10, 32)
	if !ok || uerr != nil || gerr != nil {
		return Identity{}, fmt.Errorf("peer %q: must be uid:gid, such as 0:65410", s)
	}
	return Identity{UID: uint32(uid), GID: uint32(gid)}, nil
}

// String is "uid:gid".
func (i Identity) String() string { return fmt.Sprintf("%d:%d", i.UID, i.GID) }

// Info is what a connection carries of its caller.
type Info struct {
	credentials.CommonAuthInfo
	Identity Identity
}

// AuthType is "peercred".
func (Info) AuthType() string { return "peercred" }

// FromContext returns the caller of the call that ctx is of, if its connection
// came through [Credentials].
func FromContext(ctx context.Context) (Identity, bool) {
	p, ok := grpcpeer.FromContext(ctx)
	if !ok {
		return Identity{}, false
	}
	info, ok := p.AuthInfo.(Info)
	return info.Identity, ok
}
