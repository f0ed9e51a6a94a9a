package slices_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	resourceapi "k8s.io/api/resource/v1"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// faces are a virtual function that is an RDMA device too, as netagent tells of it.
func faces(i int) []*netagentv1.NodeDevice {
	where := fmt.Sprintf("0000-3b-%02x-%d", i/8, i%8)
	pci := &netagentv1.PciFunction{Address: fmt.Sprintf("0000:3b:%02x.%d", i/8, i%8), Root: "pci0000:3a", NumaNode: 1}
	vf := &netagentv1.Vf{Pci: pci, Parent: "ens1", VfIndex: uint32(i), Carrier: true, Speed: 25000}
	hca := &netagentv1.NodeRdmaDevice{Ibdev: fmt.Sprintf("mlx5_%d", i), Pci: pci, LinkLayer: "Ethernet", PortState: "ACTIVE"}
	return []*netagentv1.NodeDevice{
		{Name: "combo-" + where, Device: &netagentv1.NodeDevice_Combo{Combo: &netagentv1.Combo{
			Netdev: &netagentv1.Combo_Vf{Vf: vf}, Rdma: hca, NetdevName: "vf-" + where, RdmaName: "rdma-" + where}}},
		{Name: "rdma-" + where, Device: &netagentv1.NodeDevice_Rdma{Rdma: hca}},
		{Name: "vf-" + where, Device: &netagentv1.NodeDevice_Vf{Vf: vf}},
	}
}

func TestCombo(t *testing.T) {
	const want = `
name: combo-0000-3b-00-5
attributes:
  resource.kubernetes.io/pciBusID: { string: "0000:3b:00.5" }
  resource.kubernetes.io/pcieRoot: { string: "pci0000:3a" }
  resource.kubernetes.io/numaNode: { int: 1 }
  dra.example.com/type: { string: "combo" }
  dra.example.com/kind: { string: "roce" }
  dra.example.com/netdevKind: { string: "sriov-vf" }
  dra.example.com/parent: { string: "ens1" }
  dra.example.com/vfIndex: { int: 5 }
  dra.example.com/pciAddress: { string: "0000:3b:00.5" }
  dra.example.com/carrier: { bool: true }
  dra.example.com/speed: { int: 25000 }
  dra.example.com/ibdev: { string: "mlx5_5" }
  dra.example.com/linkLayer: { string: "Ethernet" }
  dra.example.com/portState: { string: "ACTIVE" }
  dra.example.com/netnsMode: { string: "shared" }
consumesCounters:
  - counterSet: 0000-3b-00-5
    counters: { function: { value: "1" } }
`
	run(t, 0, func(t *testing.T, n *node) {
		n.change(true, append(faces(5), virtual(512))...)
		synctest.Wait()
		s := n.pool(t).Slices
		if len(s) != 2 || len(s[0].Devices) != 4 || len(s[0].SharedCounters) != 0 || len(s[1].Devices) != 0 {
			t.Fatalf("slices are %+v", s)
		}
		for _, d := range s[0].Devices {
			if takes := len(d.ConsumesCounters) == 1; takes != (d.Name != "netdev-virtual") {
				t.Errorf("%s takes %v", d.Name, d.ConsumesCounters)
			}
		}
		last := s[0].Devices[3] // after the RDMA device, which a claim for either gets
		if d := cmp.Diff(decode(t, []byte(want)), encode(t, last)); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		if sets := s[1].SharedCounters; len(sets) != 1 || sets[0].Name != "0000-3b-00-5" || len(sets[0].Counters) != 1 {
			t.Errorf("counters %+v", sets)
		}
		n.change(true, append(faces(5)[1:], virtual(512))...)
		n.count(t, 2)
		for _, s := range n.pool(t).Slices {
			for _, d := range s.Devices {
				if len(d.ConsumesCounters) > 0 {
					t.Errorf("%s takes %v without a combo", d.Name, d.ConsumesCounters)
				}
			}
		}
	})
}

// TestManyFunctions: no slice has more than the API takes, and each counter is
// there once.
func TestManyFunctions(t *testing.T) {
	run(t, 0, func(t *testing.T, n *node) {
		all := []*netagentv1.NodeDevice{virtual(512)}
		for i := range 100 {
			all = append(all, faces(i)...)
		}
		n.change(true, all...)
		synctest.Wait()
		devices, sets := 0, map[string]bool{}
		for _, s := range n.pool(t).Slices {
			if len(s.Devices) > resourceapi.ResourceSliceMaxDevicesWithAdvancedFeatures || len(s.SharedCounters) > resourceapi.ResourceSliceMaxCounterSets || len(s.Devices)*len(s.SharedCounters) > 0 {
				t.Errorf("a slice has %d devices and %d counter sets", len(s.Devices), len(s.SharedCounters))
			}
			devices += len(s.Devices)
			for _, c := range s.SharedCounters {
				sets[c.Name] = true
			}
		}
		if devices != 301 || len(sets) != 100 {
			t.Errorf("%d devices and %d counter sets in all", devices, len(sets))
		}
	})
}
