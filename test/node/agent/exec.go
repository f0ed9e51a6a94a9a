package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/hawser-dra/hawser/test/internal/wire"
)

// outputDelay is how long output is still taken after a script's end: a daemon
// that the script left behind may keep standard output open for ever.
const outputDelay = time.Second

// session runs one script for the connection and ends it with the connection.
func session(conn net.Conn, r *bufio.Reader) {
	defer func() { _ = conn.Close() }()
	out := wire.NewWriter(conn)
	kind, script, err := wire.Read(r)
	if err != nil || kind != wire.Script {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	code, err := run(ctx, cancel, string(script), r, out)
	if err != nil {
		_, _ = fmt.Fprintln(out.Stream(wire.Stderr), "agent:", err)
	}
	// A failure to send means that nobody listens any more.
	_ = out.Send(wire.Exit, []byte(strconv.Itoa(code)))
}

func run(ctx context.Context, cancel func(), script string, r io.Reader, out *wire.Writer) (int, error) {
	c := exec.CommandContext(ctx, "/bin/sh", "-c", script)
	c.Stdout, c.Stderr = out.Stream(wire.Stdout), out.Stream(wire.Stderr)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = outputDelay
	stdin, err := c.StdinPipe()
	if err != nil {
		return 255, err
	}
	if err := c.Start(); err != nil {
		return 255, err
	}
	go func() {
		defer cancel()
		feed(r, stdin)
	}()
	switch err := c.Wait(); {
	case c.ProcessState == nil:
		return 255, err
	case c.ProcessState.ExitCode() >= 0:
		return c.ProcessState.ExitCode(), nil
	default: // ended by a signal: the shell's convention for the exit code
		status, _ := c.ProcessState.Sys().(syscall.WaitStatus)
		return 128 + int(status.Signal()), nil
	}
}

// feed passes input on until the connection ends. It reads on after the input's
// end, because that is how the other side's going away is seen.
func feed(r io.Reader, stdin io.WriteCloser) {
	defer func() { _ = stdin.Close() }()
	for {
		kind, payload, err := wire.Read(r)
		switch {
		case err != nil:
			return
		case kind == wire.EOF:
			_ = stdin.Close()
		case kind == wire.Stdin:
			// A script need not read its input.
			if _, err := stdin.Write(payload); err != nil && !errors.Is(err, syscall.EPIPE) {
				_ = stdin.Close()
			}
		}
	}
}
