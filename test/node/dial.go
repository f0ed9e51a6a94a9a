package node

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Dial opens a TCP connection from inside the node, to a pod for example.
func (vm *VM) Dial(ctx context.Context, address string) (net.Conn, error) {
	conn, r, err := vm.request(ctx, http.MethodConnect, address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s from the node: %w", address, err)
	}
	return &bufferedConn{conn, r}, nil
}

// bufferedConn is a connection of which something may have been read.
type bufferedConn struct {
	net.Conn
	r *bufio.Reader
}

func (c *bufferedConn) Read(p []byte) (int, error) { return c.r.Read(p) }

// answerTimeout bounds the wait for the agent's answer to a request. A machine
// that boots takes connections (QEMU does) before there is an agent.
const answerTimeout = 15 * time.Second

// request sends an HTTP request after whose answer the connection is free.
func (vm *VM) request(ctx context.Context, method, target string) (net.Conn, *bufio.Reader, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", vm.Agent)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	r, err := handshake(conn, method, target)
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return conn, r, nil
}

func handshake(conn net.Conn, method, target string) (*bufio.Reader, error) {
	if err := conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: node\r\n\r\n", method, target); err != nil {
		return nil, err
	}
	r := bufio.NewReader(conn)
	answer, err := http.ReadResponse(r, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return nil, fmt.Errorf("the node's agent: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		defer func() { _ = answer.Body.Close() }()
		reason, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
		return nil, fmt.Errorf("the node's agent: %s: %s", answer.Status, bytes.TrimSpace(reason))
	}
	return r, conn.SetDeadline(time.Time{})
}
