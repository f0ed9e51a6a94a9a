package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hawser-dra/hawser/test/internal/process"
)

// Files in a machine's directory.
const (
	stateFile     = "vm.json"
	consoleLog    = "console.log"
	qemuLog       = "qemu.log"
	monitorSocket = "monitor.sock"
	shareDir      = "share"
)

// VM is a machine that was started, by this program or another.
type VM struct {
	Dir     string          `json:"-"`
	Share   string          `json:"share"`
	Agent   string          `json:"agent"` // address on the host; also an HTTP proxy into the node
	Process process.Process `json:"process"`
}

// Start boots a machine and waits until it takes scripts. It runs until Stop.
func Start(ctx context.Context, c Config) (*VM, error) {
	vm, err := Launch(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := vm.WaitBooted(ctx); err != nil {
		return nil, errors.Join(err, vm.Stop(context.WithoutCancel(ctx)))
	}
	return vm, nil
}

// Launch is Start without the waiting.
func Launch(ctx context.Context, c Config) (*VM, error) {
	if err := c.complete(); err != nil {
		return nil, fmt.Errorf("start a machine: %w", err)
	}
	// An old console would be taken for this machine's, and the socket's file
	// for its monitor.
	for _, f := range []string{consoleLog, qemuLog, monitorSocket} {
		if err := os.RemoveAll(filepath.Join(c.Dir, f)); err != nil {
			return nil, fmt.Errorf("start a machine: %w", err)
		}
	}
	p, err := process.Start(c.command(), "qemu", filepath.Join(c.Dir, qemuLog), c.Attached)
	if err != nil {
		return nil, err
	}
	vm := &VM{Dir: c.Dir, Share: c.Share, Process: p}
	// Written down at once, so that it can be ended whatever happens next.
	err = vm.save()
	if err == nil {
		err = vm.findAgent(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, vm.Stop(context.WithoutCancel(ctx)))
	}
	return vm, nil
}

// save writes down what Open needs.
func (vm *VM) save() error {
	state, err := json.Marshal(vm)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(vm.Dir, stateFile), state, 0o644)
}

// Open finds the machine that was started in dir.
func Open(dir string) (*VM, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	state, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return nil, fmt.Errorf("find the machine: %w", err)
	}
	vm := &VM{Dir: dir}
	if err := json.Unmarshal(state, vm); err != nil {
		return nil, fmt.Errorf("find the machine: %w", err)
	}
	return vm, nil
}

// Stop ends the machine as pulling its plug would. Its directory stays.
func (vm *VM) Stop(ctx context.Context) error {
	return vm.Process.Kill(ctx)
}

// Reset restarts the machine without shutting it down, and waits until it takes
// scripts again. What was written to the disk is synced before.
func (vm *VM) Reset(ctx context.Context) error {
	old, err := vm.BootID(ctx)
	if err != nil {
		return err
	}
	if _, err := vm.Run(ctx, "sync"); err != nil {
		return err
	}
	if _, err := vm.Monitor(ctx, "system_reset", nil); err != nil {
		return err
	}
	return vm.poll(ctx, func(ctx context.Context) error {
		id, err := vm.BootID(ctx)
		if err == nil && id == old {
			err = errors.New("the machine has not restarted yet")
		}
		return err
	})
}

// Check is nil as long as the machine runs; then an error with its last words.
func (vm *VM) Check() error {
	if err := vm.Process.Check(); err != nil {
		return fmt.Errorf("%w\nthe end of its console:\n%s", err, process.Tail(filepath.Join(vm.Dir, consoleLog)))
	}
	return nil
}
