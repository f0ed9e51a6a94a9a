package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

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

// bootTimeout bounds the time from QEMU's start to the agent's first answer:
// four seconds on an idle machine without KVM.
const bootTimeout = 3 * time.Minute

// Config is what a machine is to be.
type Config struct {
	Image Image
	// Dir holds the machine's sockets, logs and state. It is created if need be.
	Dir string
	// Share is the directory that the node sees as /host; empty means a folder
	// "share" in Dir.
	Share string
	// CPUs and MemoryMiB: 0 means 2 and 3072.
	CPUs, MemoryMiB int
	// NICs are the cards beside the uplink; nil means DefaultNICs.
	NICs []NIC
	// KernelArgs are added to the kernel's command line.
	KernelArgs []string
	// WriteDisk writes to the image's disk itself.
	WriteDisk bool
	// Attached has the machine end with this program. Else it goes on.
	Attached bool
}

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

func (c *Config) complete() error {
	if c.Share == "" {
		c.Share = filepath.Join(c.Dir, shareDir)
	}
	for _, dir := range []*string{&c.Dir, &c.Share} {
		var err error
		if *dir, err = filepath.Abs(*dir); err != nil {
			return err
		}
		if err := os.MkdirAll(*dir, 0o755); err != nil {
			return err
		}
	}
	if c.CPUs == 0 {
		c.CPUs = defaultCPUs
	}
	if c.MemoryMiB == 0 {
		c.MemoryMiB = defaultMemoryMiB
	}
	if c.NICs == nil {
		c.NICs = DefaultNICs
	}
	return nil
}

// findAgent waits for QEMU's monitor and learns the agent's port from it.
func (vm *VM) findAgent(ctx context.Context) error {
	err := vm.poll(ctx, func(ctx context.Context) (err error) {
		vm.Agent, err = vm.agentAddress(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return vm.save()
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

// WaitBooted waits until the machine takes scripts.
func (vm *VM) WaitBooted(ctx context.Context) error {
	return vm.poll(ctx, func(ctx context.Context) error {
		_, err := vm.BootID(ctx)
		return err
	})
}

// firstTry is how long the first attempt at something may take while the machine
// boots. A connection made too early may get no answer for ever, and a slow
// machine may need long for one: each attempt gets a quarter more.
const firstTry = 500 * time.Millisecond

// poll tries until it works, the machine dies or the time for booting is over.
func (vm *VM) poll(ctx context.Context, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, bootTimeout, errors.New("the machine does not boot in time"))
	defer cancel()
	for patience := firstTry; ; patience += patience / 4 {
		last := attempt(ctx, patience, try)
		if last == nil {
			return nil
		}
		if err := vm.Check(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; last: %w; the end of the console:\n%s", context.Cause(ctx), last,
				process.Tail(filepath.Join(vm.Dir, consoleLog)))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func attempt(ctx context.Context, patience time.Duration, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return try(ctx)
}
