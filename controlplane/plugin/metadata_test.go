package plugin_test

import (
	"testing"

	resourceapi "k8s.io/api/resource/v1"

	"github.com/hawser-dra/hawser/api/layer3"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/plugin"
)

// TestAttributes: a container is told what its slice says of the device, and what
// its interface is.
func TestAttributes(t *testing.T) {
	r := &record.Record{Devices: []record.Device{
		{Request: "vf", Device: "vf-0", Node: []byte(`{"name":"vf-0","vf":{"pci":{"address":"0000:3b:02.1","numaNode":1},"parent":"ens1","vfIndex":5}}`),
			Link: &record.Link{Name: "net1", MAC: "02:00:00:00:00:01", Settings: layer3.Settings{Addresses: []layer3.Address{{Address: "192.0.2.1/24"}}}}},
		{Request: "rdma", Device: "rdma-0", Node: []byte(`{"name":"rdma-0","rdma":{"ibdev":"mlx5_0","pci":{"address":"0000:3b:00.0"}}}`),
			RDMA: &record.RDMA{IBDev: "mlx5_0"}},
		{Request: "link", Device: "netdev-virtual", Link: &record.Link{Name: "net2"}},
	}}
	d := plugin.Devices("dra.example.com", r, true)
	for i, want := range []map[string]string{
		{"resource.kubernetes.io/pciBusID": "0000:3b:02.1", "dra.example.com/parent": "ens1", "dra.example.com/kind": "sriov-vf"},
		{"resource.kubernetes.io/pciBusID": "0000:3b:00.0", "dra.example.com/ibdev": "mlx5_0"},
		{},
	} {
		for name, value := range want {
			if got := d[i].Metadata.Attributes[name]; got.StringValue == nil || *got.StringValue != value {
				t.Errorf("%s: %s is %+v, want %s", d[i].DeviceName, name, got, value)
			}
		}
	}
	if got, want := *d[0].Metadata.NetworkData, (resourceapi.NetworkDeviceData{InterfaceName: "net1", HardwareAddress: "02:00:00:00:00:01"}); got.InterfaceName != want.InterfaceName || got.HardwareAddress != want.HardwareAddress || got.IPs[0] != "192.0.2.1/24" {
		t.Errorf("network data %+v", got)
	}
	if d[1].Metadata.NetworkData != nil || d[2].Metadata.Attributes != nil || d[2].Metadata.NetworkData.InterfaceName != "net2" {
		t.Errorf("%+v, %+v", d[1].Metadata, d[2].Metadata)
	}
	if d := plugin.Devices("dra.example.com", r, false); d[0].Metadata.Attributes != nil || d[1].Metadata != nil {
		t.Error("attributes where nobody asked for them")
	}
}
