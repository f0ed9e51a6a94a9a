package confine_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-dra/hawser/internal/sandbox"
	"github.com/hawser-dra/hawser/internal/testns"
)

// TestEveryThread asks the kernel what each thread of a confined process has.
func TestEveryThread(t *testing.T) {
	if !sandbox.Supported() {
		testns.Lacking(t, "the kernel has no Landlock that covers files (Linux 6.2)")
	}
	if os.Geteuid() != 0 {
		t.Skip("needs capabilities to drop")
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", attempt+"=wait", inner+"="+t.TempDir())
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}()
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "waiting\n" {
		t.Fatalf("it says %q, %v", line, err)
	}
	checkThreads(t, cmd.Process.Pid)
}

func checkThreads(t *testing.T, pid int) {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(threads) < 2 {
		t.Fatalf("threads %v, %v", threads, err)
	}
	const none, netAdmin = "0000000000000000", "0000000000001000"
	want := map[string]string{
		"CapInh": none, "CapPrm": netAdmin, "CapEff": netAdmin, "CapBnd": netAdmin, "CapAmb": none,
		"NoNewPrivs": "1", "Seccomp": "2", "Seccomp_filters": "1",
	}
	for _, thread := range threads {
		b, err := os.ReadFile(thread)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range want {
			if !strings.Contains(string(b), fmt.Sprintf("\n%s:\t%s\n", name, value)) {
				t.Errorf("%s: %s is not %s:\n%s", thread, name, value, b)
			}
		}
	}
}
