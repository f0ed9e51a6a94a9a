package peer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/credentials"
)

// RefusedError is a caller other than the one admitted.
type RefusedError struct {
	Caller, Allowed Identity
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("caller %s is not %s", e.Caller, e.Allowed)
}

// Credentials are gRPC server credentials that admit one identity.
type Credentials struct {
	allowed Identity
	log     *slog.Logger
}

// NewCredentials returns credentials that admit allowed and log each refusal.
func NewCredentials(allowed Identity, log *slog.Logger) *Credentials {
	return &Credentials{allowed: allowed, log: log}
}

// ServerHandshake admits the connection or returns why not; gRPC closes it then.
func (c *Credentials) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	caller, err := read(conn)
	if err == nil && caller != c.allowed {
		err = &RefusedError{Caller: caller, Allowed: c.allowed}
	}
	if err != nil {
		c.log.Warn("connection refused", "cause", err)
		return nil, nil, err
	}
	secure := credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity}
	return conn, Info{CommonAuthInfo: secure, Identity: caller}, nil
}

// ClientHandshake refuses: these are credentials of a server.
func (c *Credentials) ClientHandshake(context.Context, string, net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.New("peercred: for servers only")
}

// Info describes the credentials to gRPC.
func (c *Credentials) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "peercred"}
}

// Clone returns c, which never changes.
func (c *Credentials) Clone() credentials.TransportCredentials { return c }

// OverrideServerName does nothing: there are no names.
func (c *Credentials) OverrideServerName(string) error { return nil }

func read(conn net.Conn) (Identity, error) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return Identity{}, fmt.Errorf("read the caller of a %T: it has no socket", conn)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return Identity{}, fmt.Errorf("read the caller: %w", err)
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err := errors.Join(err, credErr); err != nil {
		return Identity{}, fmt.Errorf("read the caller: %w", err)
	}
	return Identity{UID: cred.Uid, GID: cred.Gid}, nil
}
