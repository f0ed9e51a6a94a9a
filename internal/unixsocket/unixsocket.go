// Package unixsocket listens on the Unix sockets that driver and netagent share:
// in a directory that nobody else mounts, for the owner alone, with a bounded
// number of connections.
package unixsocket

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

// Listen puts the socket in place of one that an earlier process left: each pod
// has a directory of its own, so no living one is there. At most so many
// connections are open at a time; others wait in the kernel's queue.
func Listen(path string, connections int) (*Listener, error) {
	if err := removeStale(path); err != nil {
		return nil, err
	}
	// Bound aside, so that the socket is never there with another mode.
	aside := path + ".new"
	if err := removeStale(aside); err != nil {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: aside, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	l.SetUnlinkOnClose(false)
	if err := errors.Join(os.Chmod(aside, socketMode), os.Rename(aside, path)); err != nil {
		return nil, fmt.Errorf("listen: %w", errors.Join(err, l.Close(), os.Remove(aside)))
	}
	closed := make(chan struct{})
	return &Listener{
		UnixListener: l,
		slots:        make(chan struct{}, connections),
		closed:       closed,
		close:        sync.OnceValue(func() error { close(closed); return errors.Join(l.Close(), removeStale(path)) }),
	}, nil
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

// Listener hands out connections that keep their socket, of which package peer
// reads the caller.
type Listener struct {
	*net.UnixListener
	slots  chan struct{}
	closed chan struct{}
	close  func() error
}

// Accept waits for a slot and then for a connection.
func (l *Listener) Accept() (net.Conn, error) {
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
func (l *Listener) Close() error { return l.close() }

type limitedConn struct {
	*net.UnixConn
	release func()
}

// Close frees the connection's slot.
func (c *limitedConn) Close() error {
	defer c.release()
	return c.UnixConn.Close()
}
