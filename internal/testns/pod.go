package testns

import (
	"os"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Pod is another network namespace. It ends when it is closed, as a pod's does
// with its last process.
type Pod struct {
	t      testing.TB
	fd     netns.NsHandle
	handle *netlink.Handle
}

// NewPod makes a namespace, and closes it after the test.
func NewPod(t testing.TB) *Pod {
	t.Helper()
	Require(t)
	type result struct {
		fd  netns.NsHandle
		err error
	}
	made := make(chan result)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		fd, err := netns.New()
		made <- result{fd, err}
	}()
	r := <-made
	if r.err != nil {
		t.Fatalf("new namespace: %v", r.err)
	}
	handle, err := netlink.NewHandleAt(r.fd)
	if err != nil {
		t.Fatal(err)
	}
	p := &Pod{t: t, fd: r.fd, handle: handle}
	t.Cleanup(p.Close)
	return p
}

// Take moves a link of the host into the pod, renames it and sets it up, as a
// container runtime does.
func (p *Pod) Take(name, as string) {
	p.t.Helper()
	Send(p.t, name, int(p.fd))
	l := p.Get(name)
	if err := p.handle.LinkSetName(l, as); err != nil {
		p.t.Fatal(err)
	}
	if err := p.handle.LinkSetUp(l); err != nil {
		p.t.Fatal(err)
	}
}

// File is the pod's namespace, for another process.
func (p *Pod) File() *os.File {
	p.t.Helper()
	fd, err := unix.Dup(int(p.fd))
	if err != nil {
		p.t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "pod")
	p.t.Cleanup(func() { f.Close() })
	return f
}

// Send moves a link of the host into the namespace that fd is of.
func Send(t testing.TB, name string, fd int) {
	t.Helper()
	if err := netlink.LinkSetNsFd(Get(t, name), fd); err != nil {
		t.Fatalf("move %s: %v", name, err)
	}
}

// Get returns a link in the pod.
func (p *Pod) Get(name string) netlink.Link {
	p.t.Helper()
	l, err := p.handle.LinkByName(name)
	if err != nil {
		p.t.Fatalf("link %s in the pod: %v", name, err)
	}
	return l
}

// Links are the names of the pod's links, lo aside.
func (p *Pod) Links() []string {
	p.t.Helper()
	var names []string
	for _, l := range List(p.t, p.handle.LinkList) {
		if l.Attrs().Name != "lo" {
			names = append(names, l.Attrs().Name)
		}
	}
	return names
}

// Do runs act in the pod, which it must not leave a goroutine in.
func (p *Pod) Do(act func() error) error {
	p.t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if err := netns.Set(p.fd); err != nil {
			done <- err
			return
		}
		done <- act()
	}()
	return <-done
}

// Handle does in the pod what a process with NET_ADMIN there could do.
func (p *Pod) Handle() *netlink.Handle { return p.handle }

// Close ends the namespace. It may be repeated.
func (p *Pod) Close() {
	if !p.fd.IsOpen() {
		return
	}
	p.handle.Close()
	_ = p.fd.Close()
}
