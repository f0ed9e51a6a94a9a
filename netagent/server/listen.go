package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
)

// socketMode lets only the owner connect: driver and netagent both run as uid
// 0, without the capability that passes over modes.
const socketMode = 0o600

// listen puts the socket in place of one that an earlier netagent left: each
// pod has a directory of its own, so no living one is there.
func listen(path string) (*net.UnixListener, error) {
	if err := removeStale(path); err != nil {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if err := os.Chmod(path, socketMode); err != nil {
		l.Close()
		return nil, fmt.Errorf("listen: %w", err)
	}
	return l, nil
}

func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return fmt.Errorf("listen: %s is there and is not a socket", path)
	}
	return os.Remove(path)
}

// limited is a listener with at most so many connections at a time; others wait
// in the kernel's queue. Its connections keep their socket, of which package
// peer reads the caller.
type limited struct {
	*net.UnixListener
	slots  chan struct{}
	closed chan struct{}
	close  func() error
}

func limit(l *net.UnixListener, connections int) *limited {
	closed := make(chan struct{})
	return &limited{
		UnixListener: l,
		slots:        make(chan struct{}, connections),
		closed:       closed,
		close:        sync.OnceValue(func() error { close(closed); return l.Close() }),
	}
}

// Accept waits for a slot and then for a connection.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.AcceptUnix()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &limitedConn{UnixConn: c, release: sync.OnceFunc(func() { <-l.slots })}, nil
}

// Close ends an Accept that waits, for a slot too.
func (l *limited) Close() error { return l.close() }

type limitedConn struct {
	*net.UnixConn
	release func()
}

// Close frees the connection's slot.
func (c *limitedConn) Close() error {
	defer c.release()
	return c.UnixConn.Close()
}
