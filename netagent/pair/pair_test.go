package pair_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/pair"
)

// told keeps what it was told of.
type told map[string]*netagentv1.NodeDevice

func (d told) SetDevice(n *netagentv1.NodeDevice) { d[n.GetName()] = n }
func (d told) DropDevice(name string)             { delete(d, name) }

func (d told) want(t *testing.T, names ...string) {
	t.Helper()
	if diff := cmp.Diff(names, slices.Sorted(maps.Keys(d))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func function(address string) *netagentv1.PciFunction {
	return &netagentv1.PciFunction{Address: address}
}

func vf(link string) *netagentv1.NodeDevice {
	return &netagentv1.NodeDevice{Name: "vf-0000-3b-02-1", Device: &netagentv1.NodeDevice_Vf{Vf: &netagentv1.Vf{Pci: function("0000:3b:02.1"), Link: link}}}
}

func nic() *netagentv1.NodeDevice {
	return &netagentv1.NodeDevice{Name: "nic-0000-3c-00-0", Device: &netagentv1.NodeDevice_Nic{Nic: &netagentv1.Nic{Pci: function("0000:3c:00.0")}}}
}

func hca(name, address string) *netagentv1.NodeDevice {
	return &netagentv1.NodeDevice{Name: name, Device: &netagentv1.NodeDevice_Rdma{Rdma: &netagentv1.NodeRdmaDevice{Ibdev: "mlx5_2", Pci: function(address)}}}
}

func TestPairs(t *testing.T) {
	d := told{}
	p := pair.New(d)
	p.SetDevice(vf("eth3"))
	p.SetDevice(nic())
	p.SetDevice(hca("rdma-rxe0", "")) // soft, over one of the links
	d.want(t, "nic-0000-3c-00-0", "rdma-rxe0", "vf-0000-3b-02-1")

	p.SetDevice(hca("rdma-0000-3b-02-1", "0000:3b:02.1"))
	p.SetDevice(hca("rdma-0000-3c-00-0", "0000:3c:00.0"))
	d.want(t, "combo-0000-3b-02-1", "combo-0000-3c-00-0", "nic-0000-3c-00-0", "rdma-0000-3b-02-1", "rdma-0000-3c-00-0", "rdma-rxe0", "vf-0000-3b-02-1")
	c := d["combo-0000-3b-02-1"].GetCombo()
	if c.GetVf().GetLink() != "eth3" || c.GetRdma().GetIbdev() != "mlx5_2" || c.GetNetdevName() != "vf-0000-3b-02-1" || c.GetRdmaName() != "rdma-0000-3b-02-1" {
		t.Errorf("%v", c)
	}
	if c := d["combo-0000-3c-00-0"].GetCombo(); c.GetNic() == nil || c.GetNetdevName() != "nic-0000-3c-00-0" {
		t.Errorf("%v", c)
	}
	p.SetDevice(vf("")) // it left for a pod
	if c := d["combo-0000-3b-02-1"].GetCombo(); c.GetVf() == nil || c.GetVf().GetLink() != "" {
		t.Errorf("does not follow its parts: %v", c)
	}
	p.DropDevice("rdma-0000-3b-02-1")
	p.DropDevice("nic-0000-3c-00-0")
	d.want(t, "rdma-0000-3c-00-0", "rdma-rxe0", "vf-0000-3b-02-1")
}
