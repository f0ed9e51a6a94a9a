package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
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

// TestServeAndHealth serves until it is told to stop, as by SIGTERM. It changes
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
	ctx, stop := context.WithCancel(context.Background())
	code := make(chan int)
	var stderr bytes.Buffer
	go func() {
		code <- run(ctx, []string{"--socket", socket, "--journal-dir", t.TempDir(), "--allow-peer", "0:0"}, nil, &stderr)
	}()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		c, text := health()
		if c == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("health: exit code %d, %q", c, text)
		}
	}
	stop()
	if c := <-code; c != 0 {
		t.Errorf("exit code %d\n%s", c, &stderr)
	}
}
