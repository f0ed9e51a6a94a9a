package process

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func startSleep(t *testing.T) Process {
	t.Helper()
	p, err := Start(exec.Command("sh", "-c", "echo started; exec sleep 60"), "sleeper", filepath.Join(t.TempDir(), "log"), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Kill(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

// starter in the environment makes the test binary a program that starts two
// processes, tells which, and ends.
const starter = "HAWSER_TEST_STARTER"

func TestMain(m *testing.M) {
	dir := os.Getenv(starter)
	if dir == "" {
		os.Exit(m.Run())
	}
	var both [2]Process
	for i, attached := range []bool{true, false} {
		var err error
		if both[i], err = Start(exec.Command("sleep", "60"), "sleeper", filepath.Join(dir, "log"), attached); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(both); err != nil {
		os.Exit(1)
	}
}

func TestAttachedEndsWithItsStarter(t *testing.T) {
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), starter+"="+t.TempDir())
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var both [2]Process
	if err := json.Unmarshal(out, &both); err != nil {
		t.Fatal(err)
	}
	if err := both[0].WaitGone(t.Context()); err != nil {
		t.Error(err)
	}
	if !both[1].Alive() {
		t.Error("the other one ended as well")
	}
	if err := both[1].Kill(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLife(t *testing.T) {
	p := startSleep(t)
	if !p.Alive() || p.Check() != nil {
		t.Fatal("not alive after the start")
	}
	if err := p.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.Alive() {
		t.Error("alive after Kill")
	}
	if err := p.Kill(t.Context()); err != nil {
		t.Errorf("a second Kill: %v", err)
	}
}

// TestStranger takes the pid of another process for one that was started long
// ago: it must be neither seen nor killed.
func TestStranger(t *testing.T) {
	stranger := startSleep(t)
	mine := stranger
	mine.StartTime--
	if mine.Alive() {
		t.Error("a stranger is taken for the process")
	}
	if err := mine.Kill(t.Context()); err != nil {
		t.Error(err)
	}
	if !stranger.Alive() {
		t.Error("a stranger was killed")
	}
}

func TestCheckShowsTheLog(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	p, err := Start(exec.Command("sh", "-c", "echo what went wrong; exit 1"), "broken", log, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.WaitGone(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Check(); err == nil || !strings.Contains(err.Error(), "what went wrong") {
		t.Errorf("got %v", err)
	}
}

func TestStartFails(t *testing.T) {
	if _, err := Start(exec.Command("/does/not/exist"), "nothing", filepath.Join(t.TempDir(), "log"), true); err == nil {
		t.Error("no error")
	}
}

func TestTailKeepsWholeLines(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	text := strings.Repeat("0123456789abcdef\n", tailBytes/8)
	if err := os.WriteFile(log, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	tail := Tail(log)
	if !strings.HasSuffix(text, tail) || !strings.HasPrefix(tail, "0123") || len(tail) > tailBytes {
		t.Errorf("tail of %d bytes begins with %.20q", len(tail), tail)
	}
}

func TestCPUTime(t *testing.T) {
	self := Process{Name: "this test", PID: os.Getpid()}
	before, err := self.CPUTime()
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < 200*time.Millisecond; {
		runtime.Gosched()
	}
	after, err := self.CPUTime()
	if err != nil || after <= before {
		t.Errorf("after %v it is %v: %v", before, after, err)
	}
	if _, err := (Process{Name: "none", PID: -1}).CPUTime(); err == nil {
		t.Error("no error for a process that is not there")
	}
}
