// Package process starts programs that outlive the one that started them, and
// finds and ends them later, from any program. A process is known by its pid and
// its start time together, so a pid that was used again is never taken for it.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
)

// Process is one program, running or not. It is plain data, to be kept in a file.
type Process struct {
	Name      string `json:"name"`
	PID       int    `json:"pid"`
	StartTime uint64 `json:"startTime"` // clock ticks since the machine's boot
	Log       string `json:"log"`       // the file that has what it prints
}

// Start runs c in a session of its own, with standard input closed and output
// going to the file log. An attached process is killed when this program ends,
// however it ends; others go on.
func Start(c *exec.Cmd, name, log string, attached bool) (Process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return Process{}, fmt.Errorf("start %s: %w", name, err)
	}
	defer func() { _ = out.Close() }()
	c.Stdout, c.Stderr = out, out
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if attached {
		c.SysProcAttr.Pdeathsig = syscall.SIGKILL
	}
	started, err := startAndReap(c)
	if err != nil {
		return Process{}, fmt.Errorf("start %s: %w", name, err)
	}
	return Process{Name: name, PID: c.Process.Pid, StartTime: started, Log: log}, nil
}

// startAndReap starts c, tells when it started, and collects it when it ends, all
// on one thread: the kernel takes the end of the thread that started a process
// for the parent's. The start time is read before anything can collect the
// process: one that ends at once still has it.
func startAndReap(c *exec.Cmd) (uint64, error) {
	type start struct {
		at  uint64
		err error
	}
	result := make(chan start)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := c.Start(); err != nil {
			result <- start{err: err}
			return
		}
		now, err := stat(c.Process.Pid)
		if err != nil {
			err = errors.Join(err, c.Process.Kill())
		}
		result <- start{now.Starttime, err}
		_ = c.Wait() // how it ended, its log tells
	}()
	r := <-result
	return r.at, r.err
}

// Alive tells whether the process still runs.
func (p Process) Alive() bool {
	now, err := stat(p.PID)
	return err == nil && now.Starttime == p.StartTime && now.State != "Z" && now.State != "X"
}

// Kill ends the process at once and waits until it is gone. It is no error if
// the process ended before.
func (p Process) Kill(ctx context.Context) error {
	if err := p.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return p.WaitGone(ctx)
}

// Signal sends a signal to the process. For one that has ended the error is
// os.ErrProcessDone.
func (p Process) Signal(sig syscall.Signal) error {
	// The handle (a pidfd) is taken before the look at the start time: whatever
	// the pid means later, the handle means the process that was looked at.
	handle, err := os.FindProcess(p.PID)
	if err == nil {
		defer func() { _ = handle.Release() }()
		err = os.ErrProcessDone
		if p.Alive() {
			err = handle.Signal(sig)
		}
	}
	if err != nil {
		return fmt.Errorf("send %s (pid %d) %v: %w", p.Name, p.PID, sig, err)
	}
	return nil
}

// WaitGone waits until the process has ended.
func (p Process) WaitGone(ctx context.Context) error {
	for p.Alive() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the end of %s (pid %d): %w", p.Name, p.PID, context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// Check is nil as long as the process runs. After that it is an error that shows
// the end of its log.
func (p Process) Check() error {
	if p.Alive() {
		return nil
	}
	return fmt.Errorf("%s has ended; the end of its log, %s:\n%s", p.Name, p.Log, Tail(p.Log))
}

// tailBytes is how much of a log's end is shown: some forty lines.
const tailBytes = 6 << 10

// Tail is the end of a log, whole lines.
func Tail(log string) string {
	text, err := os.ReadFile(log)
	if err != nil {
		return err.Error()
	}
	if len(text) > tailBytes {
		text = text[len(text)-tailBytes:]
		_, after, _ := strings.Cut(string(text), "\n")
		text = []byte(after)
	}
	return string(text)
}

// CPUTime is the time that processors have spent on the process.
func (p Process) CPUTime() (time.Duration, error) {
	s, err := stat(p.PID)
	if err != nil {
		return 0, fmt.Errorf("CPU time of %s: %w", p.Name, err)
	}
	return Used(s), nil
}

// Used is the time that processors have spent on a process, in the kernel and out
// of it.
func Used(s procfs.ProcStat) time.Duration {
	return time.Duration(s.CPUTime() * float64(time.Second))
}

// stat reads what the kernel tells of a process.
func stat(pid int) (procfs.ProcStat, error) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return procfs.ProcStat{}, err
	}
	return p.Stat()
}
