package rdma

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink/nl"
	"google.golang.org/protobuf/testing/protocmp"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/testtree"
)

// tree is a part of a machine's /sys: an InfiniBand card, one function of an
// Ethernet card with a subfunction beside it and a virtual function, and a soft
// device.
func tree(t *testing.T) *Reader {
	t.Helper()
	dir := t.TempDir()
	testtree.Files(t, dir, map[string]string{
		"devices/pci0000:3a/0000:3b:00.0/vendor":                                                   "0x15b3\n",
		"devices/pci0000:3a/0000:3b:00.0/numa_node":                                                "1\n",
		"devices/pci0000:3a/0000:3b:00.0/infiniband/mlx5_0/ports/1/link_layer":                     "InfiniBand\n",
		"devices/pci0000:3a/0000:3b:00.0/net/ib0/mtu":                                              "2044\n",
		"devices/pci0000:00/0000:01:00.0/infiniband/rocep1s0/ports/1/link_layer":                   "Ethernet\n",
		"devices/pci0000:00/0000:01:00.0/net/ens1/mtu":                                             "1500\n",
		"devices/pci0000:00/0000:01:00.0/mlx5_core.sf.4/infiniband/rocep1s0sf4/ports/1/link_layer": "Ethernet\n",
		"devices/pci0000:00/0000:01:00.2/infiniband/rocep1s0v0/ports/1/link_layer":                 "Ethernet\n",
		"devices/pci0000:00/0000:01:00.2/net/ens1v0/mtu":                                           "1500\n",
		"devices/virtual/infiniband/rxe_0/ports/1/link_layer":                                      "Ethernet\n",
		"devices/virtual/infiniband_verbs/uverbs0/dev":                                             "231:192\n",
		"devices/virtual/infiniband_verbs/uverbs0/ibdev":                                           "rxe_0\n",
		"devices/virtual/infiniband_verbs/uverbs1/dev":                                             "231:193\n",
		"devices/virtual/infiniband_verbs/uverbs1/ibdev":                                           "mlx5_0\n",
		"devices/virtual/infiniband_mad/issm0/dev":                                                 "231:64\n",
		"devices/virtual/infiniband_mad/issm0/ibdev":                                               "mlx5_0\n",
		"devices/virtual/infiniband_mad/umad0/dev":                                                 "231:0\n",
		"devices/virtual/infiniband_mad/umad0/ibdev":                                               "mlx5_0\n",
		"devices/virtual/infiniband_mad/umad1/ibdev":                                               "mlx5_0\n",
		"class/infiniband_verbs/abi_version":                                                       "6\n",
		"class/misc/rdma_cm/dev":                                                                   "10:260\n",
	})
	testtree.Links(t, dir, map[string]string{
		"class/infiniband/mlx5_0":                                                      "../../devices/pci0000:3a/0000:3b:00.0/infiniband/mlx5_0",
		"class/infiniband/rocep1s0":                                                    "../../devices/pci0000:00/0000:01:00.0/infiniband/rocep1s0",
		"class/infiniband/rocep1s0sf4":                                                 "../../devices/pci0000:00/0000:01:00.0/mlx5_core.sf.4/infiniband/rocep1s0sf4",
		"class/infiniband/rocep1s0v0":                                                  "../../devices/pci0000:00/0000:01:00.2/infiniband/rocep1s0v0",
		"devices/pci0000:00/0000:01:00.2/infiniband/rocep1s0v0/device":                 "../../../0000:01:00.2",
		"devices/pci0000:00/0000:01:00.2/physfn":                                       "../0000:01:00.0",
		"bus/pci/devices/0000:01:00.2":                                                 "../../../devices/pci0000:00/0000:01:00.2",
		"class/infiniband/rxe_0":                                                       "../../devices/virtual/infiniband/rxe_0",
		"devices/pci0000:3a/0000:3b:00.0/infiniband/mlx5_0/device":                     "../../../0000:3b:00.0",
		"devices/pci0000:00/0000:01:00.0/infiniband/rocep1s0/device":                   "../../../0000:01:00.0",
		"devices/pci0000:00/0000:01:00.0/mlx5_core.sf.4/infiniband/rocep1s0sf4/device": "../../../mlx5_core.sf.4",
		"bus/pci/devices/0000:3b:00.0":                                                 "../../../devices/pci0000:3a/0000:3b:00.0",
		"bus/pci/devices/0000:01:00.0":                                                 "../../../devices/pci0000:00/0000:01:00.0",
		"class/infiniband_verbs/uverbs0":                                               "../../devices/virtual/infiniband_verbs/uverbs0",
		"class/infiniband_verbs/uverbs1":                                               "../../devices/virtual/infiniband_verbs/uverbs1",
		"class/infiniband_mad/issm0":                                                   "../../devices/virtual/infiniband_mad/issm0",
		"class/infiniband_mad/umad0":                                                   "../../devices/virtual/infiniband_mad/umad0",
		"class/infiniband_mad/umad1":                                                   "../../devices/virtual/infiniband_mad/umad1",
	})
	return New(os.DirFS(dir))
}

func TestFiles(t *testing.T) {
	r := tree(t)
	cm := &netagentv1.CharDevice{Path: "/dev/infiniband/rdma_cm", Major: 10, Minor: 260}
	var all []Device
	for _, d := range []Device{{Name: "mlx5_0"}, {Name: "rocep1s0", Netdev: "ens1"}, {Name: "rocep1s0sf4"}, {Name: "rocep1s0v0"}, {Name: "rxe_0"}} {
		r.readFiles(&d)
		all = append(all, d)
	}
	ethernet := &netagentv1.PciFunction{Address: "0000:01:00.0", Root: "pci0000:00", NumaNode: -1}
	want := []Device{
		{
			Name: "mlx5_0", LinkLayer: "InfiniBand", Netdev: "ib0",
			PCI: &netagentv1.PciFunction{Address: "0000:3b:00.0", Root: "pci0000:3a", NumaNode: 1, VendorId: "15b3"},
			CharDevices: []*netagentv1.CharDevice{
				cm, {Path: "/dev/infiniband/umad0", Major: 231}, {Path: "/dev/infiniband/uverbs1", Major: 231, Minor: 193},
			},
		},
		{Name: "rocep1s0", LinkLayer: "Ethernet", Netdev: "ens1", PCI: ethernet, CharDevices: []*netagentv1.CharDevice{cm}},
		{Name: "rocep1s0sf4", LinkLayer: "Ethernet", PCI: ethernet, CharDevices: []*netagentv1.CharDevice{cm}},
		{Name: "rocep1s0v0", LinkLayer: "Ethernet", PCI: &netagentv1.PciFunction{Address: "0000:01:00.2", Root: "pci0000:00", NumaNode: -1},
			CharDevices: []*netagentv1.CharDevice{cm}},
		{Name: "rxe_0", LinkLayer: "Ethernet", CharDevices: []*netagentv1.CharDevice{
			cm, {Path: "/dev/infiniband/uverbs0", Major: 231, Minor: 192},
		}},
	}
	if diff := cmp.Diff(want, all, protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var names []string
	for _, d := range r.NodeDevices(all, true) {
		names = append(names, d.GetName())
		if !d.GetRdma().GetExclusive() {
			t.Errorf("%s is not exclusive", d.GetName())
		}
	}
	if diff := cmp.Diff([]string{"rdma-0000-3b-00-0", "rdma-0000-01-00-0", "rdma-rocep1s0sf4", "rdma-0000-01-00-2", "rdma-rxe-0"}, names); diff != "" {
		t.Error(diff)
	}
}

// TestAbroad finds by its files a device that netlink does not show.
func TestAbroad(t *testing.T) {
	r := tree(t)
	verbs := func(number uint32, path string) []*netagentv1.CharDevice {
		return []*netagentv1.CharDevice{{Path: "/dev/infiniband/rdma_cm", Major: 10, Minor: 260}, {Path: path, Major: 231, Minor: number}}
	}
	rxe := verbs(192, "/dev/infiniband/uverbs0")
	for name, c := range map[string]struct {
		name   string
		had    []*netagentv1.CharDevice
		others map[string]bool
		want   []*netagentv1.CharDevice
	}{
		"by its name":             {"rxe_0", nil, nil, rxe},
		"at home":                 {"rxe_0", nil, map[string]bool{"rxe_0": true}, nil},
		"renamed":                 {"soft0", rxe, nil, rxe},
		"gone":                    {"soft0", nil, nil, nil},
		"its number is another's": {"soft0", rxe, map[string]bool{"rxe_0": true}, nil},
		"its number is free":      {"soft0", verbs(199, "/dev/infiniband/uverbs7"), nil, nil},
	} {
		got, ok := r.Abroad(c.name, c.had, c.others)
		if diff := cmp.Diff(c.want, got, protocmp.Transform()); diff != "" || ok != (c.want != nil) {
			t.Errorf("%s: %v (-want +got):\n%s", name, ok, diff)
		}
	}
}

func TestParse(t *testing.T) {
	message := func(attrs ...*nl.RtAttr) (b []byte) {
		for _, a := range attrs {
			b = append(b, a.Serialize()...)
		}
		return b
	}
	d, err := parseDevice(message(
		nl.NewRtAttr(nl.RDMA_NLDEV_ATTR_DEV_INDEX, nl.Uint32Attr(7)),
		nl.NewRtAttr(nl.RDMA_NLDEV_ATTR_DEV_NAME, nl.ZeroTerminated("mlx5_0")),
		nl.NewRtAttr(nl.RDMA_NLDEV_ATTR_FW_VERSION, nl.ZeroTerminated("16.35.4030")),
		nl.NewRtAttr(nl.RDMA_NLDEV_ATTR_NODE_GUID, nl.Uint64Attr(0x505400fffeaa0001))))
	if err != nil {
		t.Fatal(err)
	}
	err = d.parsePort(message(
		nl.NewRtAttr(nl.RDMA_NLDEV_ATTR_PORT_STATE, []byte{4}),
		nl.NewRtAttr(nl.RDMA_NLDEV_ATTR_NDEV_NAME, nl.ZeroTerminated("ens1"))))
	want := Device{Name: "mlx5_0", NodeGUID: "5054:00ff:feaa:0001", Firmware: "16.35.4030", PortState: "ACTIVE", Netdev: "ens1", Index: 7}
	if diff := cmp.Diff(want, d); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := parseDevice(message()); err == nil {
		t.Error("a device without a name is taken")
	}
	if _, err := parseDevice([]byte{9, 0, 1, 0}); err == nil {
		t.Error("a message that is cut short is taken")
	}
	for mode, want := range map[byte]bool{0: true, shared: false} {
		if got, err := parseExclusive(message(nl.NewRtAttr(nl.RDMA_NLDEV_SYS_ATTR_NETNS_MODE, []byte{mode}))); got != want || err != nil {
			t.Errorf("mode %d: exclusive %v, %v", mode, got, err)
		}
	}
	if got, err := parseExclusive(nil); got || err != nil {
		t.Errorf("a kernel without the mode: exclusive %v, %v", got, err)
	}
}
