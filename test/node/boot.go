package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hawser-dra/hawser/test/internal/process"
)

// bootTimeout bounds the time from QEMU's start to the agent's first answer:
// four seconds on an idle machine without KVM.
const bootTimeout = 3 * time.Minute

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
	stuck := vm.stuck()
	for patience := firstTry; ; patience += patience / 4 {
		last := attempt(ctx, patience, try)
		if last == nil {
			return nil
		}
		if err := vm.Check(); err != nil {
			return err
		}
		if n := vm.stuck(); n > stuck {
			stuck, patience = n, firstTry
			if _, err := vm.Monitor(ctx, "system_reset", nil); err != nil {
				return err
			}
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

// lostTimer is what the kernel says when a processor has not been woken by its timer.
// Under emulation that has been seen while it boots; it does not end by itself.
const lostTimer = "kthread timer wakeup didn't happen"

// stuck is how often the kernel has said so. A machine that says it while it boots
// is reset.
func (vm *VM) stuck() int {
	console, err := os.ReadFile(filepath.Join(vm.Dir, consoleLog))
	if err != nil {
		return 0
	}
	return bytes.Count(console, []byte(lostTimer))
}
