package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-dra/hawser/internal/peer"
	"github.com/hawser-dra/hawser/internal/version"
	"github.com/hawser-dra/hawser/netagent"
)

func TestFlags(t *testing.T) {
	defaults := netagent.Config{
		Socket: "/run/hawser/socket/netagent.sock", JournalDir: "/run/hawser/netagent",
		AllowPeer: peer.Identity{UID: 0, GID: 65410}, MaxAttachments: 512,
	}
	o, err := parseFlags(nil, nil)
	if diff := cmp.Diff(defaults, o.config); err != nil || diff != "" {
		t.Errorf("defaults: %v (-want +got):\n%s", err, diff)
	}
	o, err = parseFlags([]string{"--allow-parents=eth1, br-*", "--allow-peer", "1:2", "-v", "4"}, nil)
	want := defaults
	want.AllowParents, want.AllowPeer = []string{"eth1", "br-*"}, peer.Identity{UID: 1, GID: 2}
	if diff := cmp.Diff(want, o.config); err != nil || diff != "" || o.verbosity != 4 {
		t.Errorf("%v, -v %d (-want +got):\n%s", err, o.verbosity, diff)
	}
}

func TestWrongCommandLine(t *testing.T) {
	for _, c := range []struct{ args, text string }{
		{"--nonsense", "nonsense"},
		{"serve", `unexpected argument "serve"`},
		{"--allow-peer=root", "uid:gid"},
		{"--allow-parents=eth[", `"eth["`},
		{"--allow-parents=eth0,,eth1", `allowed parent ""`},
		{"--allow-rdma=mlx5_[", `allowed RDMA device "mlx5_["`},
		{"--max-attachments=0", "at least 1"},
		{"--socket=", "a path is required"},
		{"--log-format=xml", "text or json"},
		{"health --journal-dir=/x", "journal-dir"},
	} {
		var stderr bytes.Buffer
		code := run(context.Background(), strings.Fields(c.args), nil, &stderr)
		if code != 2 || !strings.Contains(stderr.String(), c.text) {
			t.Errorf("%s: exit code %d, %q lacks %q", c.args, code, &stderr, c.text)
		}
	}
}

func TestVersionAndHelp(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"--version"}, &stdout, &stderr); code != 0 || strings.TrimSpace(stdout.String()) != version.Version {
		t.Errorf("--version: exit code %d, %q", code, &stdout)
	}
	if code := run(context.Background(), []string{"-h"}, &stdout, &stderr); code != 0 || !strings.Contains(stderr.String(), "-allow-parents") {
		t.Errorf("-h: exit code %d, %q", code, &stderr)
	}
}

// asNetagent makes the test binary be netagent.
const asNetagent = "HAWSER_TEST_NETAGENT"

func TestMain(m *testing.M) {
	if os.Getenv(asNetagent) != "" {
		main()
	}
	os.Exit(m.Run())
}

// TestServeAndHealth serves, in a process of its own, until SIGTERM. It changes
// nothing in the machine's network.
func TestServeAndHealth(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a large buffer for events needs CAP_NET_ADMIN")
	}
	socket := filepath.Join(t.TempDir(), "s")
	health := func() (int, string) {
		var stderr bytes.Buffer
		return run(context.Background(), []string{"health", "--socket", socket}, nil, &stderr), stderr.String()
	}
	if code, text := health(); code != 1 {
		t.Errorf("health before: exit code %d, %q", code, text)
	}
	var stderr bytes.Buffer
	netagent := exec.Command("/proc/self/exe", "--socket", socket, "--journal-dir", t.TempDir(), "--allow-peer", "0:0")
	netagent.Env = append(os.Environ(), asNetagent+"=1")
	netagent.Stderr = &stderr
	if err := netagent.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		c, text := health()
		if c == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("health: exit code %d, %q\n%s", c, text, &stderr)
		}
	}
	wantConfined(t, netagent.Process.Pid)
	if err := errors.Join(netagent.Process.Signal(syscall.SIGTERM), netagent.Wait()); err != nil {
		t.Errorf("%v\n%s", err, &stderr)
	}
}

// wantConfined asks the kernel for the sandbox of a running netagent; what it
// keeps from happening, package confine tests.
func wantConfined(t *testing.T, pid int) {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(threads) == 0 {
		t.Fatalf("threads %v, %v", threads, err)
	}
	const netAdmin = "0000000000001000"
	for _, thread := range threads {
		b, err := os.ReadFile(thread)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"CapPrm:\t" + netAdmin, "CapEff:\t" + netAdmin, "CapBnd:\t" + netAdmin, "NoNewPrivs:\t1", "Seccomp:\t2"} {
			if !strings.Contains(string(b), want) {
				t.Errorf("%s lacks %q:\n%s", thread, want, b)
			}
		}
	}
}
