package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// Monitor sends one command to QEMU (QMP, such as "device_add" or "set_link",
// with its arguments) and returns what it answers.
func (vm *VM) Monitor(ctx context.Context, command string, arguments any) (json.RawMessage, error) {
	conn, err := dialUnix(ctx, filepath.Join(vm.Dir, monitorSocket))
	if err != nil {
		return nil, fmt.Errorf("QEMU's monitor: %w", err)
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	m := monitor{json.NewEncoder(conn), json.NewDecoder(conn)}
	if _, err := m.call("qmp_capabilities", nil); err != nil {
		return nil, fmt.Errorf("QEMU's monitor: %w", err)
	}
	answer, err := m.call(command, arguments)
	if err != nil {
		return nil, fmt.Errorf("QEMU's monitor: %s: %w", command, err)
	}
	return answer, nil
}

type monitor struct {
	out *json.Encoder
	in  *json.Decoder
}

// call sends a command and skips the greeting and the events before its answer.
func (m monitor) call(command string, arguments any) (json.RawMessage, error) {
	request := map[string]any{"execute": command}
	if arguments != nil {
		request["arguments"] = arguments
	}
	if err := m.out.Encode(request); err != nil {
		return nil, err
	}
	for {
		var answer struct {
			Return json.RawMessage
			Error  *struct{ Class, Desc string }
		}
		if err := m.in.Decode(&answer); err != nil {
			return nil, err
		}
		switch {
		case answer.Error != nil:
			return nil, errors.New(answer.Error.Desc)
		case answer.Return != nil:
			return answer.Return, nil
		}
	}
}

// forwarded is a line of "info usernet": TCP[HOST_FORWARD] 8 127.0.0.1 35869 10.0.2.15 1022 0 0
var forwarded = regexp.MustCompile(`TCP\[HOST_FORWARD\]\s+\d+\s+(\S+)\s+(\d+)\s+\S+\s+1022\s`)

// agentAddress asks QEMU which port of the host's it has picked for the agent.
func (vm *VM) agentAddress(ctx context.Context) (string, error) {
	answer, err := vm.Monitor(ctx, "human-monitor-command", map[string]string{"command-line": "info usernet"})
	if err != nil {
		return "", err
	}
	var text string
	if err := json.Unmarshal(answer, &text); err != nil {
		return "", fmt.Errorf("QEMU's forwarded ports: %w", err)
	}
	m := forwarded.FindStringSubmatch(text)
	if m == nil {
		return "", fmt.Errorf("QEMU forwards no port to the agent: %q", text)
	}
	return net.JoinHostPort(m[1], m[2]), nil
}

// dialUnix connects to a socket whose path may be longer than the 107 bytes that
// an address holds: it goes by way of the folder's file descriptor.
func dialUnix(ctx context.Context, path string) (net.Conn, error) {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	var d net.Dialer
	return d.DialContext(ctx, "unix", fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path)))
}
