package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
	"k8s.io/client-go/rest"

	"github.com/hawser-dra/hawser/internal/sandbox"
	"github.com/hawser-dra/hawser/internal/testns"
)

// Variables of the process that the test starts to be in the sandbox: what it
// tries, and the directory of all that the test makes.
const (
	attemptVariable = "HAWSER_TEST_ATTEMPT"
	placeVariable   = "HAWSER_TEST_PLACE"
)

func TestMain(m *testing.M) {
	name := os.Getenv(attemptVariable)
	if name == "" {
		os.Exit(m.Run())
	}
	dir := os.Getenv(placeVariable)
	err := enterSandbox(slog.New(slog.DiscardHandler), sandboxed(dir), &rest.Config{BearerTokenFile: dir + "/token/token"})
	if err == nil {
		err = attempts[name].try(dir)
	}
	fmt.Println(name+":", err)
	os.Exit(0)
}

func sandboxed(dir string) options {
	return options{
		pluginDir: dir + "/plugin", stateDir: dir + "/plugin/claims", registryDir: dir + "/registry", cdiDir: dir + "/cdi",
		healthSocket: dir + "/health/s", traceSocket: dir + "/socket/otlp", metricsAddress: ":0", requireSandbox: true,
	}
}

const (
	allowed = "<nil>"
	denied  = "permission denied"
)

var attempts = map[string]struct {
	try  func(dir string) error
	want string
}{
	"record":           {write("plugin/claims/x.alloc.json"), allowed},
	"spec":             {write("cdi/x.json"), allowed},
	"plugin socket":    {listen("plugin/dra.sock"), allowed},
	"registration":     {listen("registry/dra.sock"), allowed},
	"health":           {listen("health/s"), allowed},
	"spans":            {listen("socket/otlp"), allowed},
	"token":            {read("token/token"), allowed},
	"connect":          {connect, allowed},
	"metrics port":     {listenTCP(0), allowed},
	"another port":     {listenTCP(54321), denied},
	"read outside":     {read("outside"), denied},
	"write outside":    {write("outside"), denied},
	"make outside":     {write("new"), denied},
	"write the token":  {write("token/token"), denied},
	"link to a hook":   {func(dir string) error { return os.Symlink("/bin/sh", dir+"/plugin/podlink") }, denied},
	"passwords":        {func(string) error { _, err := os.ReadFile("/etc/passwd"); return err }, denied},
	"environment":      {func(string) error { _, err := os.ReadFile("/proc/self/environ"); return err }, denied},
	"sysfs":            {func(string) error { _, err := os.ReadFile("/sys/class/net/lo/address"); return err }, denied},
	"run a program":    {func(string) error { return unix.Exec("/proc/self/exe", nil, nil) }, denied},
	"mount":            {func(dir string) error { return unix.Mount("none", dir+"/cdi", "tmpfs", 0, "") }, "operation not permitted"},
	"move mount":       {func(dir string) error { return unix.Mount(dir+"/plugin", dir+"/cdi", "", unix.MS_BIND, "") }, "operation not permitted"},
	"pivot_root":       {func(dir string) error { return unix.PivotRoot(dir+"/plugin", dir+"/plugin") }, "operation not permitted"},
	"other's memory":   {func(string) error { _, err := os.Open("/proc/1/mem"); return err }, denied},
	"device":           {func(string) error { _, err := os.OpenFile("/dev/null", os.O_RDWR, 0); return err }, denied},
	"write a sysctl":   {func(string) error { return os.WriteFile("/proc/sys/net/core/somaxconn", nil, 0) }, denied},
	"setns":            {bare(setns), "operation not permitted"},
	"chroot":           {bare(unix.Chroot), "operation not permitted"},
	"raw IP":           {bare(socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)), "operation not permitted"},
	"packets":          {bare(socket(unix.AF_PACKET, unix.SOCK_RAW, 0)), "operation not permitted"},
	"ptrace":           {bare(func(string) error { return unix.PtraceAttach(1) }), "operation not permitted"},
	"change a link":    {bare(linkUp), "operation not permitted"},
	"abstract sockets": {func(string) error { _, err := net.Dial("unix", os.Getenv("HAWSER_TEST_ABSTRACT")); return err }, "operation not permitted"},
}

// bare tries as the driver's container has it: without any capability.
func bare(try func(dir string) error) func(string) error {
	return func(dir string) error {
		runtime.LockOSThread()
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		if err := unix.Capset(&header, &new([2]unix.CapUserData)[0]); err != nil {
			return fmt.Errorf("drop all capabilities: %w", err)
		}
		return try(dir)
	}
}

// setns enters the network namespace that the process is in already.
func setns(string) error {
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		return err
	}
	return unix.Setns(fd, unix.CLONE_NEWNET)
}

func socket(family, kind, protocol int) func(string) error {
	return func(string) error { _, err := unix.Socket(family, kind, protocol); return err }
}

// linkUp sets lo up, which it is.
func linkUp(string) error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(lo)
}

func write(file string) func(string) error {
	return func(dir string) error { return os.WriteFile(filepath.Join(dir, file), nil, 0o600) }
}

func read(file string) func(string) error {
	return func(dir string) error { _, err := os.ReadFile(filepath.Join(dir, file)); return err }
}

func listen(file string) func(string) error {
	return func(dir string) error { _, err := net.Listen("unix", filepath.Join(dir, file)); return err }
}

// listenTCP listens by TCP itself, which net.Listen may leave for MPTCP.
func listenTCP(port int) func(string) error {
	return func(string) error {
		s, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
		if err != nil {
			return err
		}
		return errors.Join(unix.Bind(s, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(s, 1))
	}
}

// connect reaches a port where nobody listens, which only the kernel's own
// answer can say.
func connect(string) error {
	_, err := net.Dial("tcp", "127.0.0.1:1")
	if errors.Is(err, unix.ECONNREFUSED) {
		return nil
	}
	return err
}

// TestSandbox makes each attempt in a process of its own.
func TestSandbox(t *testing.T) {
	if !sandbox.Supported() {
		testns.Lacking(t, "the kernel has no Landlock that covers files (Linux 6.2)")
	}
	abstract := fmt.Sprintf("@hawser-test-%d", os.Getpid())
	l, err := net.Listen("unix", abstract)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for name, a := range attempts {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("/proc/self/exe")
			cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", attemptVariable+"="+name, placeVariable+"="+place(t), "HAWSER_TEST_ABSTRACT="+abstract)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), name+": ") || !strings.Contains(string(out), a.want) {
				t.Errorf("%v, %q, want %q", err, out, a.want)
			}
		})
	}
}

// place is a directory like a node's.
func place(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"plugin", "registry", "cdi", "health", "socket", "token"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{"outside", "token/token"} {
		if err := os.WriteFile(filepath.Join(dir, f), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestSandboxPorts: the driver listens for metrics, if asked to, and on no other port.
func TestSandboxPorts(t *testing.T) {
	for address, want := range map[string]string{"": "[]", ":9410": "[9410]", "127.0.0.1:0": "[0]"} {
		p, err := options{metricsAddress: address}.ports()
		if err != nil || !p.AnyConnect || fmt.Sprint(p.Listen) != want {
			t.Errorf("%q: %+v, %v; want %s", address, p, err, want)
		}
	}
	for _, address := range []string{"9410", ":nonsense", ":70000"} {
		if _, err := (options{metricsAddress: address}).ports(); err == nil || !strings.Contains(err.Error(), "--metrics-address") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
