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
	file, err := os.Open(os.Getenv(fakeHCA))
	if err != nil {
		Lacking(t, "there is no module for an InfiniBand device: "+err.Error())
	}
	defer file.Close()
	if err := unix.FinitModule(int(file.Fd()), "", 0); err != nil {
		t.Fatalf("insert %s: %v", file.Name(), err)
	}
	t.Cleanup(func() {
		if err := unix.DeleteModule("rxe_as_ib", 0); err != nil {
			t.Errorf("remove the module of the InfiniBand device: %v", err)
		}
	})
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
