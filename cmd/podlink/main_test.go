package main_test

import (
	"bytes"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/internal/netns"
)

const claim = "0b0f6f0e-7a39-4c1b-9d4e-0f1f5c7a9e11"

// binary is podlink as it is shipped: static.
func binary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "podlink")
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// hook runs podlink as a container runtime does: no environment, a directory
// that the image chose, the state on standard input. It returns what the pod's
// events would show.
func hook(t *testing.T, path string, args ...string) (stderr string, failed bool) {
	t.Helper()
	return run(t, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}, path, args...)
}

func run(t *testing.T, where *syscall.SysProcAttr, path string, args ...string) (stderr string, failed bool) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Env = []string{}
	cmd.Dir = t.TempDir()
	cmd.SysProcAttr = where
	cmd.Stdin = strings.NewReader(`{"ociVersion":"1.3.0","id":"c1"}` + strings.Repeat(" ", 1<<20))
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if errors.Is(err, syscall.EPERM) {
		t.Skip("a network namespace needs root")
	}
	if out.Len() > 0 {
		t.Errorf("wrote to standard output: %s", out.String())
	}
	if code := cmd.ProcessState.ExitCode(); err != nil && code != 1 {
		t.Errorf("exit code %d: %v", code, err)
	}
	return errs.String(), err != nil
}

func valid(t *testing.T, hostNetns uint64) []byte {
	t.Helper()
	r := &record.Record{
		Version:   record.Version,
		Claim:     record.Claim{UID: claim, Namespace: "default", Name: "data"},
		HostNetns: hostNetns,
		Devices: []record.Device{
			{Key: "d0", Config: []byte("{}"), Link: &record.Link{Name: "hw-none", HostName: "hwd0", Alias: "hawser/x/d0"}},
			{Key: "d1", Config: []byte("{}"), RDMA: &record.RDMA{IBDev: "mlx5_0"}},
		},
	}
	b, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBinary(t *testing.T) {
	path := binary(t)
	here, err := netns.Current()
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := valid(t, here+1)
	for name, tc := range map[string]struct {
		make   func(t *testing.T, path string)
		device string
		want   string // "" is success
	}{
		"no link here":   {content(elsewhere), "d0", "hawser: claim default/data: interface hw-none is not in this pod: it is in use by another pod or being made again; the kubelet retries"},
		"rdma only":      {content(elsewhere), "d1", ""},
		"unknown device": {content(elsewhere), "d7", `claim default/data has no device "d7"`},
		"hostile device": {content(elsewhere), "../" + strings.Repeat("x", 4096), `has no device "../xxx`},
		"no record":      {func(*testing.T, string) {}, "d0", "hawser: the claim is not prepared on this node: there is no "},
		"empty":          {content(nil), "d0", "EOF"},
		"not JSON":       {content([]byte("\x7fELF")), "d0", "invalid character"},
		"too big":        {content(append(elsewhere, bytes.Repeat([]byte(" "), record.MaxSize)...)), "d0", "bytes, at most"},
		"later version":  {content(bytes.Replace(elsewhere, []byte(`"version":1`), []byte(`"version":2`), 1)), "d0", "version is 2, must be 1"},
		"no host":        {content(bytes.Replace(elsewhere, []byte(`"hostNetns":`), []byte(`"x":`), 1)), "d0", `unknown field "x"`},
		"pipe":           {func(t *testing.T, path string) { check(t, syscall.Mkfifo(path, 0o600)) }, "d0", "is not a regular file"},
		"directory":      {func(t *testing.T, path string) { check(t, os.Mkdir(path, 0o700)) }, "d0", "is not a regular file"},
		"symbolic link":  {func(t *testing.T, path string) { check(t, os.Symlink("/etc/hostname", path)) }, "d0", "too many levels of symbolic links"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), claim+record.Suffix)
			tc.make(t, file)
			stderr, failed := hook(t, path, file, tc.device)
			if failed != (tc.want != "") || !strings.Contains(stderr, tc.want) {
				t.Errorf("failed: %v, said %q, want %q", failed, stderr, tc.want)
			}
			if lines := strings.Count(stderr, "\n"); failed && lines != 1 || len(stderr) > 1024 {
				t.Errorf("said more than a sentence: %q", stderr)
			}
		})
	}
}

func TestHostNamespace(t *testing.T) {
	here, err := netns.Current()
	check(t, err)
	file := filepath.Join(t.TempDir(), claim+record.Suffix)
	check(t, os.WriteFile(file, valid(t, here), 0o600))
	if stderr, failed := run(t, nil, binary(t), file, "d0"); !failed || !strings.Contains(stderr, "the pod uses the host's network") {
		t.Errorf("said %q", stderr)
	}
}

// TestEnvironment: nothing of it counts.
func TestEnvironment(t *testing.T) {
	path := binary(t)
	file := filepath.Join(t.TempDir(), claim+record.Suffix)
	check(t, os.WriteFile(file, valid(t, 1), 0o600))
	want, _ := hook(t, path, file, "d0")
	cmd := exec.Command(path, file, "d0")
	cmd.Env = []string{"LD_PRELOAD=/none.so", "LD_LIBRARY_PATH=/none", "PATH=/none", "HOME=/none", "GODEBUG=http2debug=2", "GOTRACEBACK=crash", "TMPDIR=/none",
		"HAWSER_FAULTS=/", "OTEL_EXPORTER_OTLP_ENDPOINT=http://192.0.2.1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if out, err := cmd.CombinedOutput(); err == nil || string(out) != want {
		t.Errorf("says %q with an environment, %q without", out, want)
	}
}

// TestStatic: no loader and no library of the host or the image comes before it.
func TestStatic(t *testing.T) {
	f, err := elf.Open(binary(t))
	check(t, err)
	defer f.Close()
	libraries, err := f.ImportedLibraries()
	check(t, err)
	if len(libraries) > 0 {
		t.Errorf("needs %v", libraries)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("has a %v: it is linked when it starts", p.Type)
		}
	}
}

func TestUsage(t *testing.T) {
	path := binary(t)
	for _, args := range [][]string{{}, {"record"}, {"record", "d0", "more"}} {
		if stderr, failed := hook(t, path, args...); !failed || stderr != "hawser: usage: podlink <record> <device key>\n" {
			t.Errorf("%v: said %q", args, stderr)
		}
	}
}

func content(b []byte) func(*testing.T, string) {
	return func(t *testing.T, path string) { check(t, os.WriteFile(path, b, 0o600)) }
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
