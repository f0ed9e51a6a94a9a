package testns

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// fakeHCA names the file of a kernel module (test/node/infiniband) that has
// soft-RoCE devices report an InfiniBand link layer.
const fakeHCA = "HAWSER_FAKE_HCA"

// RDMAModules loads what RDMA devices need to have all their device files.
func RDMAModules(t testing.TB) {
	t.Helper()
	Require(t)
	out, err := exec.Command("modprobe", "-a", "rdma_rxe", "ib_uverbs", "ib_umad", "rdma_ucm", "ib_ipoib").CombinedOutput()
	if err != nil {
		Lacking(t, "the kernel has no soft RDMA devices: "+string(out))
	}
}

// SoftRDMA adds a soft-RoCE device over a link of the test's namespace. It is
// there when its first device file is.
func SoftRDMA(t testing.TB, name, link string) {
	t.Helper()
	RDMAModules(t)
	if err := netlink.RdmaLinkAdd(name, "rxe", link); err != nil {
		Lacking(t, "add soft RDMA device "+name+": "+err.Error())
	}
	t.Cleanup(func() { _ = RemoveRDMA(name) })
}

// RemoveRDMA takes a soft device away.
func RemoveRDMA(name string) error { return netlink.RdmaLinkDel(name) }

// InfiniBand adds an RDMA device with an InfiniBand link layer, and returns the
// name of its network link. The link is one of the machine's own namespace, see
// [OnNode].
func InfiniBand(t testing.TB) string {
	t.Helper()
	RDMAModules(t)
	insertModule(t, "")
	before := infiniBandLinks(t)
	Uplink(t, "hca0", 4200)
	SoftRDMA(t, "hca0", "hca0")
	for range 1000 {
		for name := range infiniBandLinks(t) {
			if !before[name] {
				return name
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the InfiniBand device has no link")
	return ""
}

// ExclusiveRDMA sets RDMA devices to exclusive mode until the test ends, in which
// soft devices that are added after it can be moved between network namespaces. The
// test must be [Alone], and without any other namespace yet.
func ExclusiveRDMA(t testing.TB) {
	t.Helper()
	Alone(t)
	RDMAModules(t)
	insertModule(t, "as_ib=0")
	setRDMAMode(t, "exclusive")
	t.Cleanup(func() { setRDMAMode(t, "shared") })
}

// setRDMAMode waits for namespaces that are about to end.
func setRDMAMode(t testing.TB, mode string) {
	t.Helper()
	var err error
	for range 1000 {
		if err = netlink.RdmaSystemSetNetnsMode(mode); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("set RDMA devices to %s mode: %v", mode, err)
}

// insertModule inserts the module that changes soft devices.
func insertModule(t testing.TB, parameters string) {
	t.Helper()
	file, err := os.Open(os.Getenv(fakeHCA))
	if err != nil {
		Lacking(t, "there is no module for an InfiniBand device: "+err.Error())
	}
	defer file.Close()
	if err := unix.FinitModule(int(file.Fd()), parameters, 0); err != nil {
		t.Fatalf("insert %s: %v", file.Name(), err)
	}
	t.Cleanup(func() {
		if err := unix.DeleteModule("rxe_as_ib", 0); err != nil {
			t.Errorf("remove the module for soft devices: %v", err)
		}
	})
}

func infiniBandLinks(t testing.TB) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, l := range List(t, netlink.LinkList) {
		if l.Type() == "ipoib" {
			names[l.Attrs().Name] = true
		}
	}
	return names
}
