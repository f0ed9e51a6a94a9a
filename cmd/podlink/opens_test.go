package main_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/landlock-lsm/go-landlock/landlock"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/internal/sandbox"
)

// jailed names the program that the process is to become, once it can reach
// nothing but that and the last of its arguments but one, to read.
const jailed = "HAWSER_TEST_JAILED"

func TestMain(m *testing.M) {
	path := os.Getenv(jailed)
	if path == "" {
		os.Exit(m.Run())
	}
	file := os.Args[1]
	if err := landlock.V3.RestrictPaths(landlock.ROFiles(path), landlock.ROFiles(file)); err != nil {
		fmt.Println("jail:", err)
		os.Exit(2)
	}
	if _, err := os.ReadFile("/etc/passwd"); !errors.Is(err, syscall.EACCES) {
		fmt.Println("jail: it is open:", err)
		os.Exit(2)
	}
	fmt.Println(syscall.Exec(path, append([]string{path}, os.Args[1:]...), []string{}))
	os.Exit(2)
}

// TestOpensOnlyTheRecord runs it where there is no other file in reach, neither of
// the host nor of the container's image.
func TestOpensOnlyTheRecord(t *testing.T) {
	if !sandbox.Supported() {
		t.Skip("the kernel has no Landlock that covers files (Linux 6.2)")
	}
	file := filepath.Join(t.TempDir(), claim+record.Suffix)
	check(t, os.WriteFile(file, valid(t, 1), 0o600))
	path := binary(t)
	for device, want := range map[string]string{"d0": "interface hw-none is not in this pod", "d1": ""} {
		cmd := exec.Command("/proc/self/exe", file, device)
		cmd.Env = append(os.Environ(), jailed+"="+path)
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		out, err := cmd.CombinedOutput()
		if errors.Is(err, syscall.EPERM) {
			t.Skip("a network namespace needs root")
		}
		if (err != nil) != (want != "") || !strings.Contains(string(out), want) || want == "" && len(out) > 0 {
			t.Errorf("%s: %v: %q, want %q", device, err, out, want)
		}
	}
}
