package confine_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/internal/ethtool"
)

// What an attempt comes to.
const (
	done   = "done"                     // it is allowed
	denied = "permission denied"        // Landlock's word
	killed = "signal: bad system call"  // seccomp's
	absent = "function not implemented" // seccomp's for clone3
)

type try struct {
	try  func(dir string) error
	want string
}

// call makes a system call that must not be made.
func call(number uintptr, args ...uintptr) func(string) error {
	return func(string) error {
		var a [6]uintptr
		copy(a[:], args)
		if _, _, errno := unix.Syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5]); errno != 0 {
			return errno
		}
		return nil
	}
}

func socket(family, kind, protocol int) func(string) error {
	return func(string) error {
		_, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, protocol)
		return err
	}
}

var attempts = map[string]try{
	// What netagent does.
	"Unix socket":   {listen, done},
	"journal":       {writeAndRead, done},
	"sysfs":         {readSysfs, done},
	"route netlink": {socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE), done},
	"device events": {socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_KOBJECT_UEVENT), done},
	"RDMA netlink":  {openRDMA, done},
	"ethtool":       {readDriver, done},
	"threads":       {startThreads, done},
	"wait":          {wait, "waiting"},

	// Sockets.
	"TCP":             {socket(unix.AF_INET, unix.SOCK_STREAM, 0), killed},
	"UDP over IPv6":   {socket(unix.AF_INET6, unix.SOCK_DGRAM, 0), killed},
	"raw IP":          {socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP), killed},
	"packets":         {socket(unix.AF_PACKET, unix.SOCK_RAW, 0), killed},
	"vsock":           {socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0), killed},
	"generic netlink": {socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_GENERIC), killed},
	"netfilter":       {socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_NETFILTER), killed},
	"xfrm":            {socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_XFRM), killed},
	"net.Dial":        {func(string) error { _, err := net.Dial("tcp", "127.0.0.1:1"); return err }, killed},
	"pair of sockets": {call(unix.SYS_SOCKETPAIR, unix.AF_UNIX, unix.SOCK_STREAM), killed},

	// Programs and processes.
	"exec":           {runProgram, killed},
	"execve":         {func(string) error { return unix.Exec("/proc/self/exe", []string{"x"}, nil) }, killed},
	"fork":           {call(unix.SYS_CLONE, uintptr(unix.SIGCHLD)), killed},
	"clone3":         {call(unix.SYS_CLONE3), absent},
	"signal":         {call(unix.SYS_KILL, 1, 0), killed},
	"ptrace":         {call(unix.SYS_PTRACE, unix.PTRACE_ATTACH, 1), killed},
	"other's memory": {call(unix.SYS_PROCESS_VM_READV, 1), killed},
	"pidfd":          {call(unix.SYS_PIDFD_OPEN, 1), killed},
	"code":           {mapCode, killed},

	// Namespaces and mounts.
	"setns":         {call(unix.SYS_SETNS, 0, unix.CLONE_NEWNET), killed},
	"unshare":       {call(unix.SYS_UNSHARE, unix.CLONE_NEWUSER), killed},
	"mount":         {func(dir string) error { return unix.Mount("none", dir, "tmpfs", 0, "") }, killed},
	"new mount API": {call(unix.SYS_FSOPEN), killed},
	"chroot":        {unix.Chroot, killed},
	"pivot_root":    {call(unix.SYS_PIVOT_ROOT), killed},

	// The kernel's far corners.
	"bpf":           {call(unix.SYS_BPF), killed},
	"io_uring":      {call(unix.SYS_IO_URING_SETUP, 1), killed},
	"perf":          {call(unix.SYS_PERF_EVENT_OPEN), killed},
	"kernel module": {call(unix.SYS_FINIT_MODULE), killed},
	"keys":          {call(unix.SYS_KEYCTL), killed},
	"userfaultfd":   {call(unix.SYS_USERFAULTFD), killed},
	"memfd":         {call(unix.SYS_MEMFD_CREATE), killed},
	"ioctl":         {call(unix.SYS_IOCTL, 1, unix.TIOCGWINSZ), killed},
	"link's ioctl":  {call(unix.SYS_IOCTL, 1, unix.SIOCSIFFLAGS), killed},
	"bridge's":      {call(unix.SYS_IOCTL, 1, unix.SIOCBRADDBR), killed},
	"device node":   {func(dir string) error { return unix.Mknod(dir+"/null", unix.S_IFCHR, 0x103) }, killed},
	"owner":         {func(dir string) error { return os.Chown(dir, 1, 1) }, killed},
	"capabilities":  {call(unix.SYS_CAPSET), killed},
	"reboot":        {call(unix.SYS_REBOOT), killed},
	"clock":         {call(unix.SYS_CLOCK_SETTIME), killed},

	// Files.
	"read outside":   {func(dir string) error { _, err := os.ReadFile(beside(dir)); return err }, denied},
	"write outside":  {func(dir string) error { return os.WriteFile(beside(dir), nil, 0o600) }, denied},
	"make outside":   {func(dir string) error { return os.WriteFile(filepath.Join(dir, "../new"), nil, 0o600) }, denied},
	"remove outside": {func(dir string) error { return os.Remove(beside(dir)) }, denied},
	"link in":        {func(dir string) error { return os.Link(beside(dir), filepath.Join(dir, "in")) }, "invalid cross-device link"},
	"list outside":   {func(string) error { _, err := os.ReadDir("/"); return err }, denied},
	"passwords":      {func(string) error { _, err := os.ReadFile("/etc/passwd"); return err }, denied},
	"processes":      {func(string) error { _, err := os.ReadFile("/proc/self/environ"); return err }, denied},
	"memory":         {func(string) error { _, err := os.OpenFile("/proc/self/mem", os.O_RDWR, 0); return err }, denied},
	"device":         {func(string) error { _, err := os.OpenFile("/dev/null", os.O_RDWR, 0); return err }, denied},
	"write sysfs":    {func(string) error { return os.WriteFile("/sys/class/net/lo/ifalias", nil, 0) }, denied},
	"write sysctl":   {func(string) error { return os.WriteFile("/proc/sys/net/core/somaxconn", nil, 0) }, denied},
}

// beside is a file next to the directory that may be written.
func beside(dir string) string { return filepath.Join(filepath.Dir(dir), "outside") }

func listen(dir string) error {
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	defer l.Close()
	c, err := net.Dial("unix", path)
	if err != nil {
		return err
	}
	return errors.Join(os.Chmod(path, 0o600), c.Close())
}

// writeAndRead does what the journal does with a file.
func writeAndRead(dir string) error {
	path := filepath.Join(dir, "entry")
	err := errors.Join(os.WriteFile(path+".tmp", []byte("x"), 0o600), os.Link(path+".tmp", path),
		os.Rename(path+".tmp", path+".aside"), os.Remove(path+".aside"))
	if err != nil {
		return err
	}
	if b, err := os.ReadFile(path); string(b) != "x" {
		return fmt.Errorf("read %q: %w", b, err)
	}
	_, err = os.ReadDir(dir)
	return err
}

func readSysfs(string) error {
	b, err := os.ReadFile("/sys/class/net/lo/address")
	if err == nil && !strings.Contains(string(b), "00:00:00:00:00:00") {
		err = fmt.Errorf("lo has address %q", b)
	}
	return err
}

// startThreads has the runtime start threads that were not there at the filter.
func startThreads(string) error {
	var all sync.WaitGroup
	meet := make(chan struct{})
	for range 20 {
		all.Go(func() {
			runtime.LockOSThread()
			<-meet
		})
	}
	close(meet)
	all.Wait()
	return nil
}

// readDriver asks for what netagent does of a card. lo has some of it.
func readDriver(string) error {
	d, err := ethtool.Open("lo")
	if err != nil {
		return err
	}
	s, err := d.Read()
	if err == nil && len(s.Features) == 0 {
		err = errors.New("lo has no features")
	}
	return errors.Join(err, d.Restore(s), d.Close())
}

// openRDMA takes the kernel's word that it has no RDMA for the filter's consent.
func openRDMA(string) error {
	err := socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_RDMA)("")
	if errors.Is(err, unix.EPROTONOSUPPORT) {
		return nil
	}
	return err
}

func runProgram(string) error {
	cmd := exec.Command("/proc/self/exe", "-h")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr // and not /dev/null
	return cmd.Run()
}

func mapCode(string) error {
	_, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
	return err
}

// wait lets the test look at the process until it closes its input.
func wait(string) error {
	fmt.Println("waiting")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}
