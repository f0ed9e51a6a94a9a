package sysfs_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/testtree"
	"github.com/hawser-dra/hawser/netagent/sysfs"
)

// tree is a part of a machine's /sys: a card with two virtual functions, and a
// virtio card.
func tree(t *testing.T) sysfs.FS {
	t.Helper()
	dir := t.TempDir()
	testtree.Files(t, dir, map[string]string{
		"devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0/sriov_totalvfs":              "8\n",
		"devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0/vendor":                      "0x8086\n",
		"devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0/net/ens1/speed":              "25000\n",
		"devices/pci0000:3a/0000:3a:00.0/0000:3b:02.1/numa_node":                   "1\n",
		"devices/pci0000:3a/0000:3a:00.0/0000:3b:02.1/vendor":                      "0x8086\n",
		"devices/pci0000:3a/0000:3a:00.0/0000:3b:02.1/device":                      "0x1889\n",
		"devices/pci0000:3a/0000:3a:00.0/0000:3b:02.1/net/ens1v1/speed":            "-1\n",
		"devices/pci0000:3a/0000:3a:00.0/0000:3b:02.1/net/ens1v1/addr_assign_type": "1\n",
		"devices/pci0000:00/0000:00:03.0/numa_node":                                "-1\n",
		"devices/pci0000:00/0000:00:03.0/virtio0/net/eth0/addr_assign_type":        "0\n",
		"devices/virtual/net/lo/speed":                                             "\n",
		"bus/pci/drivers/iavf/bind":                                                "",
	})
	testtree.Links(t, dir, map[string]string{
		"bus/pci/devices/0000:3b:00.0": "../../../devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0",
		"bus/pci/devices/0000:3b:02.1": "../../../devices/pci0000:3a/0000:3a:00.0/0000:3b:02.1",
		"bus/pci/devices/0000:00:03.0": "../../../devices/pci0000:00/0000:00:03.0",
		"bus/virtio/devices/virtio0":   "../../../devices/pci0000:00/0000:00:03.0/virtio0",
		"class/net/ens1":               "../../devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0/net/ens1",
		"class/net/ens1v1":             "../../devices/pci0000:3a/0000:3a:00.0/0000:3b:02.1/net/ens1v1",
		"class/net/eth0":               "../../devices/pci0000:00/0000:00:03.0/virtio0/net/eth0",
		"class/net/lo":                 "../../devices/virtual/net/lo",
		"devices/pci0000:3a/0000:3a:00.0/0000:3b:02.1/net/ens1v1/device": "../../../0000:3b:02.1",
		"devices/pci0000:3a/0000:3a:00.0/0000:3b:02.1/physfn":            "../0000:3b:00.0",
		"devices/pci0000:3a/0000:3a:00.0/0000:3b:02.1/driver":            "../../../../bus/pci/drivers/iavf",
		"devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0/virtfn0":           "../0000:3b:02.0",
		"devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0/virtfn1":           "../0000:3b:02.1",
		"loop": "loop",
	})
	return sysfs.New(os.DirFS(dir))
}

func TestPCI(t *testing.T) {
	s := tree(t)
	vf := &netagentv1.PciFunction{
		Address: "0000:3b:02.1", Root: "pci0000:3a", NumaNode: 1, VendorId: "8086", DeviceId: "1889", Driver: "iavf",
	}
	for name, want := range map[string]*netagentv1.PciFunction{
		sysfs.DevicePath("pci", "0000:3b:02.1"): vf,
		"class/net/ens1v1/device":               vf,
		sysfs.DevicePath("virtio", "virtio0"):   {Address: "0000:00:03.0", Root: "pci0000:00", NumaNode: -1},
		"class/net/lo":                          nil,
		"class/net/gone":                        nil,
		"loop":                                  nil,
	} {
		if diff := cmp.Diff(want, s.PCI(name), protocmp.Transform()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestVirtualFunctions(t *testing.T) {
	s := tree(t)
	if pf := s.PhysicalOf("0000:3b:02.1"); pf != "0000:3b:00.0" {
		t.Errorf("got %s", pf)
	}
	if pf := s.PhysicalOf("0000:3b:00.0"); pf != "" {
		t.Errorf("a physical function is a virtual one of %s", pf)
	}
	if diff := cmp.Diff(map[int]string{0: "0000:3b:02.0", 1: "0000:3b:02.1"}, s.VFs("0000:3b:00.0")); diff != "" {
		t.Error(diff)
	}
	if got := s.MaxVFs("0000:3b:00.0"); got != 8 {
		t.Errorf("at most %d virtual functions", got)
	}
	if got := s.MaxVFs("0000:00:03.0"); got != 0 {
		t.Errorf("a card without SR-IOV: at most %d virtual functions", got)
	}
}

func TestLinks(t *testing.T) {
	s := tree(t)
	for link, want := range map[string]uint32{"ens1": 25000, "ens1v1": 0, "lo": 0, "gone": 0} {
		if got := s.Speed(link); got != want {
			t.Errorf("speed of %s is %d", link, got)
		}
	}
	for link, want := range map[string]int{"ens1v1": 1, "eth0": sysfs.AddressPermanent, "gone": sysfs.AddressUnknown} {
		if got := s.AddressType(link); got != want {
			t.Errorf("address type of %s is %d", link, got)
		}
	}
}
