package confine

import (
	"os"

	"golang.org/x/sys/unix"
)

// allowed are the system calls that netagent makes: Go's runtime, its journal
// and its sockets. Which files, is Landlock's to say.
func allowed() []rule {
	return append(withAny(
		// Memory, threads, time and signals.
		unix.SYS_MUNMAP, unix.SYS_MADVISE, unix.SYS_BRK,
		unix.SYS_FUTEX, unix.SYS_SCHED_YIELD, unix.SYS_SCHED_GETAFFINITY, unix.SYS_SET_ROBUST_LIST, unix.SYS_RSEQ,
		unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_CLOCK_GETTIME, unix.SYS_RESTART_SYSCALL,
		unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK,
		unix.SYS_GETPID, unix.SYS_GETTID, unix.SYS_GETUID, unix.SYS_GETEUID, unix.SYS_GETGID, unix.SYS_GETEGID,
		unix.SYS_GETRANDOM, unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
		// Waiting for sockets.
		unix.SYS_EPOLL_CREATE1, unix.SYS_EPOLL_CTL, unix.SYS_EPOLL_PWAIT, unix.SYS_EVENTFD2, unix.SYS_FCNTL,
		// Files.
		unix.SYS_OPENAT, unix.SYS_CLOSE, unix.SYS_READ, unix.SYS_WRITE, unix.SYS_PREAD64, unix.SYS_LSEEK,
		unix.SYS_FSTAT, unix.SYS_NEWFSTATAT, unix.SYS_GETDENTS64, unix.SYS_READLINKAT,
		unix.SYS_FCHMODAT, unix.SYS_LINKAT, unix.SYS_UNLINKAT, unix.SYS_RENAMEAT,
		// Sockets that are open.
		unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT4, unix.SYS_CONNECT, unix.SYS_SHUTDOWN,
		unix.SYS_GETSOCKNAME, unix.SYS_GETPEERNAME, unix.SYS_GETSOCKOPT, unix.SYS_SETSOCKOPT,
		unix.SYS_RECVFROM, unix.SYS_RECVMSG, unix.SYS_SENDTO, unix.SYS_SENDMSG,
	), withSome()...)
}

// newSpaces are the flags of clone(2) that make namespaces.
const newSpaces = unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWUSER |
	unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWCGROUP

// withSome are the calls that netagent makes with certain arguments alone.
//
// A kind that takes a namespace's handle from a TUN device will need ioctl here
// with one more request, and /dev/net/tun among the files.
func withSome() []rule {
	return []rule{
		{unix.SYS_SOCKET, []condition{is(0, unix.AF_UNIX)}},
		{unix.SYS_SOCKET, []condition{is(0, unix.AF_NETLINK), is(2, unix.NETLINK_ROUTE)}},
		{unix.SYS_SOCKET, []condition{is(0, unix.AF_NETLINK), is(2, unix.NETLINK_RDMA)}},
		{unix.SYS_SOCKET, []condition{is(0, unix.AF_NETLINK), is(2, unix.NETLINK_KOBJECT_UEVENT)}},
		// What drivers have of their own, on a Unix socket. Generic netlink would
		// be ethtool too, but no filter can tell it from devlink, WireGuard and the
		// other families.
		{unix.SYS_IOCTL, []condition{is(1, unix.SIOCETHTOOL)}},
		// Threads: neither processes nor namespaces.
		{unix.SYS_CLONE, []condition{has(0, unix.CLONE_THREAD), lacks(0, newSpaces)}},
		// Memory, none of it to be executed.
		{unix.SYS_MMAP, []condition{lacks(2, unix.PROT_EXEC)}},
		{unix.SYS_MPROTECT, []condition{lacks(2, unix.PROT_EXEC)}},
		// Go names its memory, and interrupts its own threads.
		{unix.SYS_PRCTL, []condition{is(0, unix.PR_SET_VMA)}},
		{unix.SYS_TGKILL, []condition{is(0, uint32(os.Getpid()))}},
	}
}

func withAny(calls ...uint32) []rule {
	rules := make([]rule, len(calls))
	for i, c := range calls {
		rules[i].call = c
	}
	return rules
}
