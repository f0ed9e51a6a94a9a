package rdma

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/testns"
)

// TestSoftDevice reads a soft-RoCE device of the real kernel.
func TestSoftDevice(t *testing.T) {
	testns.RDMAModules(t)
	testns.Uplink(t, "up0", 1500)
	testns.SoftRDMA(t, "soft_0", "up0")
	r := New(os.DirFS("/sys"))
	exclusive, err := r.Exclusive()
	if err != nil || exclusive {
		t.Errorf("exclusive %v, %v; the kernel's default is shared", exclusive, err)
	}
	var d Device
	eventually(t, "the device has all its files", func() bool {
		d, err = r.Device("soft_0")
		return err == nil && len(d.CharDevices) == 3
	})
	if d.LinkLayer != "Ethernet" || d.Netdev != "up0" || d.PortState != "ACTIVE" || d.PCI != nil {
		t.Errorf("%+v", d)
	}
	inSysfs, err := os.ReadFile("/sys/class/infiniband/soft_0/node_guid")
	if err != nil || string(inSysfs) != d.NodeGUID+"\n" {
		t.Errorf("node GUID %s, in sysfs %s, %v", d.NodeGUID, inSysfs, err)
	}
	for _, c := range d.CharDevices {
		var s unix.Stat_t
		if err := unix.Stat(c.GetPath(), &s); err != nil {
			t.Errorf("%s: %v", c.GetPath(), err)
		}
		if s.Mode&unix.S_IFMT != unix.S_IFCHR || unix.Major(s.Rdev) != c.GetMajor() || unix.Minor(s.Rdev) != c.GetMinor() {
			t.Errorf("%v: the file is %o %d:%d", c, s.Mode, unix.Major(s.Rdev), unix.Minor(s.Rdev))
		}
	}
	for i, pattern := range []string{"rdma_cm", "umad[0-9]*", "uverbs[0-9]*"} {
		if ok, _ := filepath.Match(deviceDir+pattern, d.CharDevices[i].GetPath()); !ok {
			t.Errorf("device file %d is %s, want %s", i, d.CharDevices[i].GetPath(), pattern)
		}
	}
	if _, err := r.Device("soft_1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

// TestFollow adds and removes a device, and takes its link's carrier away.
func TestFollow(t *testing.T) {
	testns.RDMAModules(t)
	testns.Uplink(t, "up0", 1500)
	news := make(publisher, 256)
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan struct{}), make(chan error)
	f := &Follower{
		Reader: New(os.DirFS("/sys")), Publisher: news,
		Allowed: func(name string) bool { return name == "soft_0" },
		Lent:    func([]Device) (map[uint32]*netagentv1.NodeDevice, error) { return nil, nil },
		Changed: func(context.Context, []Device) error { return nil },
	}
	go func() { done <- f.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	testns.SoftRDMA(t, "other_0", testns.Uplink(t, "up1", 1500).Attrs().Name)
	testns.SoftRDMA(t, "soft_0", "up0")
	news.await(t, "+rdma-soft-0 soft_0 up0 ACTIVE")
	testns.Down(t, "up0-far")
	news.await(t, "+rdma-soft-0 soft_0 up0 DOWN")
	if err := testns.RemoveRDMA("soft_0"); err != nil {
		t.Fatal(err)
	}
	news.await(t, "-rdma-soft-0")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	close(news)
	for n := range news {
		t.Errorf("then %s", n)
	}
}

// publisher writes down what it is told.
type publisher chan string

func (p publisher) SetDevice(d *netagentv1.NodeDevice) {
	r := d.GetRdma()
	p <- fmt.Sprintf("+%s %s %s %s", d.GetName(), r.GetIbdev(), r.GetNetdev(), r.GetPortState())
}

func (p publisher) DropDevice(name string) { p <- "-" + name }

// await waits for news; a device of another name is an error.
func (p publisher) await(t *testing.T, want string) {
	t.Helper()
	timeout := time.After(time.Minute)
	var seen []string
	for {
		select {
		case n := <-p:
			if n == want {
				return
			}
			if !slices.Contains(seen, n) {
				seen = append(seen, n)
			}
		case <-timeout:
			t.Fatalf("never %s, but %v", want, seen)
		}
	}
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
