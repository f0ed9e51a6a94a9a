package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

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

// BootID tells one boot of the node from another.
func (vm *VM) BootID(ctx context.Context) (string, error) {
	id, err := vm.Run(ctx, "cat /proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(id), err
}
