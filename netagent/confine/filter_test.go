package confine

import (
	"encoding/binary"
	"os"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// What the filter of the tests answers.
var plain = answers{allow: 1, absent: 2, otherwise: 3}

// ask runs the program as the kernel would for one call.
func ask(t *testing.T, p []bpf.Instruction, arch, call uint32, args ...uint64) uint32 {
	t.Helper()
	vm, err := bpf.NewVM(p)
	if err != nil {
		t.Fatal(err)
	}
	// Of network packets, for which the VM is, words are big-endian.
	data := make([]byte, offsetArgs+6*sizeofArg)
	binary.BigEndian.PutUint32(data[offsetCall:], call)
	binary.BigEndian.PutUint32(data[offsetArch:], arch)
	for i, a := range args {
		binary.BigEndian.PutUint32(data[offsetArgs+i*sizeofArg:], uint32(a))
		binary.BigEndian.PutUint32(data[offsetArgs+i*sizeofArg+sizeofWord:], uint32(a>>32))
	}
	answer, err := vm.Run(data)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(answer)
}

func TestFilter(t *testing.T) {
	p := program(auditArch, allowed(), []uint32{unix.SYS_CLONE3}, plain)
	const thread = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_SYSVSEM | unix.CLONE_THREAD
	for name, c := range map[string]struct {
		want uint32
		call uint32
		args []uint64
	}{
		"read":                         {1, unix.SYS_READ, nil},
		"Unix socket":                  {1, unix.SYS_SOCKET, []uint64{unix.AF_UNIX, unix.SOCK_STREAM | unix.SOCK_CLOEXEC, 0}},
		"route socket":                 {1, unix.SYS_SOCKET, []uint64{unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE}},
		"RDMA socket":                  {1, unix.SYS_SOCKET, []uint64{unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_RDMA}},
		"ethtool":                      {1, unix.SYS_IOCTL, []uint64{5, unix.SIOCETHTOOL}},
		"another ioctl of links":       {3, unix.SYS_IOCTL, []uint64{5, unix.SIOCSIFFLAGS}},
		"a terminal's ioctl":           {3, unix.SYS_IOCTL, []uint64{5, unix.TIOCSTI}},
		"a TUN device's ioctl":         {3, unix.SYS_IOCTL, []uint64{5, unix.TUNSETIFF}},
		"ethtool as a descriptor":      {3, unix.SYS_IOCTL, []uint64{unix.SIOCETHTOOL, 0}},
		"thread":                       {1, unix.SYS_CLONE, []uint64{thread}},
		"own thread's signal":          {1, unix.SYS_TGKILL, []uint64{uint64(os.Getpid()), 9, 23}},
		"data":                         {1, unix.SYS_MMAP, []uint64{0, 4096, unix.PROT_READ | unix.PROT_WRITE}},
		"clone3":                       {2, unix.SYS_CLONE3, nil},
		"IPv4 socket":                  {3, unix.SYS_SOCKET, []uint64{unix.AF_INET, unix.SOCK_STREAM, 0}},
		"IPv6 socket":                  {3, unix.SYS_SOCKET, []uint64{unix.AF_INET6, unix.SOCK_DGRAM, 0}},
		"packet socket":                {3, unix.SYS_SOCKET, []uint64{unix.AF_PACKET, unix.SOCK_RAW, 0}},
		"generic netlink":              {3, unix.SYS_SOCKET, []uint64{unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_GENERIC}},
		"family with high bits":        {3, unix.SYS_SOCKET, []uint64{unix.AF_INET | 1<<32, unix.SOCK_STREAM, 0}},
		"process":                      {3, unix.SYS_CLONE, []uint64{uint64(unix.SIGCHLD)}},
		"thread in a new namespace":    {3, unix.SYS_CLONE, []uint64{thread | unix.CLONE_NEWNET}},
		"another process's signal":     {3, unix.SYS_TGKILL, []uint64{1 << 20, 9, 9}},
		"code":                         {3, unix.SYS_MMAP, []uint64{0, 4096, unix.PROT_READ | unix.PROT_EXEC}},
		"code from data":               {3, unix.SYS_MPROTECT, []uint64{0, 4096, unix.PROT_READ | unix.PROT_WRITE | unix.PROT_EXEC}},
		"prctl":                        {3, unix.SYS_PRCTL, []uint64{unix.PR_SET_DUMPABLE, 1}},
		"protocol with a call's value": {3, unix.SYS_SOCKET, []uint64{unix.AF_NETLINK, 0, unix.SYS_MMAP}},
		"family with a call's value":   {3, unix.SYS_SOCKET, []uint64{unix.SYS_READ + unix.SYS_WRITE + unix.SYS_CLONE, 0, 0}},
	} {
		if got := ask(t, p, auditArch, c.call, c.args...); got != c.want {
			t.Errorf("%s: answer %d, want %d", name, got, c.want)
		}
	}
	if got := ask(t, p, auditArch+1, unix.SYS_READ); got != plain.otherwise {
		t.Errorf("another architecture: answer %d", got)
	}
	if got := ask(t, p, auditArch, 1<<30|unix.SYS_READ); got != plain.otherwise {
		t.Errorf("the x32 read: answer %d", got)
	}
}

// TestOnlyListed asks for every number there could be: a call that no rule names
// is refused, whatever its arguments are.
func TestOnlyListed(t *testing.T) {
	listed := map[uint32]bool{unix.SYS_CLONE3: true}
	for _, r := range allowed() {
		listed[r.call] = true
	}
	p := program(auditArch, allowed(), []uint32{unix.SYS_CLONE3}, plain)
	for call := range uint32(600) {
		for _, args := range [][]uint64{{}, {unix.AF_UNIX}, {unix.CLONE_THREAD}, {unix.AF_NETLINK, 0, 0}, {uint64(os.Getpid())}} {
			if got := ask(t, p, auditArch, call, args...); got != plain.otherwise && !listed[call] {
				t.Errorf("call %d with %v: answer %d", call, args, got)
			}
		}
	}
}
