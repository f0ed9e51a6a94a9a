package node

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-dra/hawser/test/internal/wire"
)

// Command is a shell script to run in the node, with its streams; nil streams
// are empty, or lead nowhere.
type Command struct {
	Script         string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// ExitError is what Run returns for a script that fails.
type ExitError struct {
	Code   int
	Stderr string
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("exit code %d: %s", e.Code, strings.TrimSpace(e.Stderr))
}

// Run runs a script and returns what it prints. Its error is an *ExitError if
// the script ran and failed.
func (vm *VM) Run(ctx context.Context, script string) (string, error) {
	var stdout, stderr bytes.Buffer
	code, err := vm.Exec(ctx, Command{Script: script, Stdout: &stdout, Stderr: &stderr})
	switch {
	case err != nil:
		return stdout.String(), err
	case code != 0:
		return stdout.String(), &ExitError{Code: code, Stderr: stderr.String()}
	}
	return stdout.String(), nil
}

// Exec runs a script with streams and returns its exit code. The script is
// killed when ctx ends. Exec returns at the script's end; a reader that blocks
// then is left behind.
func (vm *VM) Exec(ctx context.Context, c Command) (int, error) {
	conn, r, err := vm.request(ctx, http.MethodPost, "/exec")
	if err != nil {
		return 0, errors.Join(err, vm.Check())
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	code, err := c.talk(conn, r)
	switch {
	case ctx.Err() != nil:
		return 0, fmt.Errorf("run a script in the node: %w", context.Cause(ctx))
	case err != nil:
		return 0, errors.Join(fmt.Errorf("run a script in the node: %w", err), vm.Check())
	}
	return code, nil
}

func (c Command) talk(conn io.Writer, r io.Reader) (int, error) {
	w := wire.NewWriter(conn)
	if err := w.Send(wire.Script, []byte(c.Script)); err != nil {
		return 0, err
	}
	go func() {
		if c.Stdin != nil {
			// A script that ends early closes the connection: no failure.
			_, _ = io.Copy(w.Stream(wire.Stdin), c.Stdin)
		}
		_ = w.Send(wire.EOF, nil)
	}()
	for {
		kind, payload, err := wire.Read(r)
		if err != nil {
			return 0, err
		}
		out := io.Discard
		switch {
		case kind == wire.Exit:
			return strconv.Atoi(string(payload))
		case kind == wire.Stdout && c.Stdout != nil:
			out = c.Stdout
		case kind == wire.Stderr && c.Stderr != nil:
			out = c.Stderr
		}
		if _, err := out.Write(payload); err != nil {
			return 0, err
		}
	}
}

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

// BootID tells one boot of the node from another.
func (vm *VM) BootID(ctx context.Context) (string, error) {
	id, err := vm.Run(ctx, "cat /proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(id), err
}
