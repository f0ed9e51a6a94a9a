package main

import (
	"io"
	"net"
	"sync"
)

// splice copies both ways until both have ended. r has what is read from a.
func splice(a net.Conn, r io.Reader, b net.Conn) {
	defer func() { _ = a.Close() }()
	defer func() { _ = b.Close() }()
	var both sync.WaitGroup
	both.Go(func() { copyAndEnd(b, r) })
	both.Go(func() { copyAndEnd(a, b) })
	both.Wait()
}

// copyAndEnd copies and passes the end on, so that the other way may go on. An
// error ends the connection just as an end does: there is nobody to tell.
func copyAndEnd(to net.Conn, from io.Reader) {
	_, _ = io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}
