package handler_test

import (
	"testing"

	"buf.build/go/protovalidate"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/handler"
)

// FuzzRequest: what a claim may say, netagent's API has room for. A request that
// netagent refuses because of its form would be an error without a field's name.
func FuzzRequest(f *testing.F) {
	for _, s := range []string{
		`{"type":"netdev","netdev":{"kind":"macvlan","parent":"eth0","mode":"bridge","mtu":65535,"macAddress":"02:00:00:00:00:01","interfaceName":"data0"}}`,
		`{"type":"netdev","netdev":{"kind":"ipvlan","parent":"exactly-15-byte","mode":"l3s","flag":"vepa"}}`,
		`{"type":"netdev","netdev":{"kind":"veth","parent":"br0","mtu":68}}`,
		`{"type":"netdev","netdev":{"kind":"ipoib","parent":"ib0","pkey":"0x8001","mode":"connected"}}`,
		`{"type":"rdma","rdma":{"kind":"uverbs"}}`,
		`{"type":"netdev","netdev":{"kind":"dummy","addresses":["192.0.2.1/24"]}}`,
	} {
		f.Add(s)
	}
	validator, err := protovalidate.New()
	if err != nil {
		f.Fatal(err)
	}
	allocated := map[v1alpha1.Type]*netagentv1.NodeDevice{
		v1alpha1.TypeRDMA: {Device: &netagentv1.NodeDevice_Rdma{Rdma: &netagentv1.NodeRdmaDevice{Ibdev: "mlx5_0"}}},
	}
	f.Fuzz(func(t *testing.T, parameters string) {
		c, err := v1alpha1.Decode([]v1alpha1.Layer{{Parameters: []byte(parameters)}})
		if err != nil {
			return
		}
		h, err := handler.All().For(c)
		if err != nil {
			return // a kind of a later version, or a combination, whose parts have kinds of their own
		}
		request, err := h.Request(c, allocated[c.Type])
		if err != nil {
			t.Fatalf("%q: %v", parameters, err)
		}
		request.Key = "d0"
		if err := validator.Validate(&netagentv1.AttachRequest{
			ClaimUid: "6f0b8a44-97e2-4d2c-8d5f-000000000001", Devices: []*netagentv1.DeviceRequest{request},
		}); err != nil {
			t.Errorf("%q: %v", parameters, err)
		}
	})
}
