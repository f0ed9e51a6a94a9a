package handler_test

import (
	"fmt"
	"testing"

	"buf.build/go/protovalidate"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	"github.com/hawser-dra/hawser/api/layer3"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/handler"
)

func decode(t *testing.T, netdev string) *v1alpha1.DeviceConfig {
	t.Helper()
	c, err := v1alpha1.Decode([]v1alpha1.Layer{{Parameters: []byte(`{"type": "netdev", "netdev": ` + netdev + `}`)}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func request(t *testing.T, netdev string) *netagentv1.DeviceRequest {
	t.Helper()
	return requestFor(t, netdev, nil)
}

func requestFor(t *testing.T, netdev string, node *netagentv1.NodeDevice) *netagentv1.DeviceRequest {
	t.Helper()
	c := decode(t, netdev)
	h, err := handler.All().For(c)
	if err != nil {
		t.Fatal(err)
	}
	req, err := h.Request(c, node)
	if err != nil {
		t.Fatal(err)
	}
	req.Key = "d0"
	if err := protovalidate.Validate(req); err != nil {
		t.Errorf("netagent would refuse it: %v", err)
	}
	return req
}

func TestRequest(t *testing.T) {
	for config, want := range map[string]string{
		`{"kind": "dummy"}`: `{"key": "d0", "dummy": {}}`,
		`{"kind": "dummy", "mtu": 9000, "macAddress": "02:00:00:00:00:01"}`:                     `{"key": "d0", "dummy": {"mtu": 9000, "macAddress": "AgAAAAAB"}}`,
		`{"kind": "macvlan", "parent": "eth0"}`:                                                 `{"key": "d0", "macvlan": {"parent": "eth0", "mode": "MACVLAN_MODE_BRIDGE"}}`,
		`{"kind": "macvlan", "parent": "eth0", "mtu": 1400, "macAddress": "02:00:00:00:00:01"}`: `{"key": "d0", "macvlan": {"parent": "eth0", "mode": "MACVLAN_MODE_BRIDGE", "mtu": 1400, "macAddress": "AgAAAAAB"}}`,
		`{"kind": "ipvlan", "parent": "eth0", "mtu": 1400}`:                                     `{"key": "d0", "ipvlan": {"parent": "eth0", "mode": "IPVLAN_MODE_L2", "flag": "IPVLAN_FLAG_BRIDGE", "mtu": 1400}}`,
		`{"kind": "veth"}`: `{"key": "d0", "veth": {}}`,
		`{"kind": "ipoib", "parent": "ib0", "pkey": 1}`:                                       `{"key": "d0", "ipoib": {"parent": "ib0", "pkey": 32769, "mode": "IPOIB_MODE_DATAGRAM"}}`,
		`{"kind": "ipoib", "parent": "ib0", "pkey": 65535, "mode": "connected", "mtu": 9000}`: `{"key": "d0", "ipoib": {"parent": "ib0", "pkey": 65535, "mode": "IPOIB_MODE_CONNECTED", "mtu": 9000}}`,
		`{"kind": "veth", "parent": "br0", "mtu": 1400, "macAddress": "02:00:00:00:00:01"}`:   `{"key": "d0", "veth": {"bridge": "br0", "mtu": 1400, "macAddress": "AgAAAAAB"}}`,
	} {
		var expected netagentv1.DeviceRequest
		if err := protojson.Unmarshal([]byte(want), &expected); err != nil {
			t.Fatal(err)
		}
		if got := request(t, config); !proto.Equal(got, &expected) {
			t.Errorf("%s\n got %s\nwant %s", config, protojson.Format(got), want)
		}
	}
}

// Each word of the configuration has a value in netagent's API.
func TestWords(t *testing.T) {
	for _, mode := range []string{"bridge", "vepa", "private", "passthru"} {
		request(t, `{"kind": "macvlan", "parent": "eth0", "mode": "`+mode+`"}`)
	}
	for _, mode := range []string{"l2", "l3", "l3s"} {
		request(t, `{"kind": "ipvlan", "parent": "eth0", "mode": "`+mode+`"}`)
	}
	for _, flag := range []string{"bridge", "private", "vepa"} {
		request(t, `{"kind": "ipvlan", "parent": "eth0", "flag": "`+flag+`"}`)
	}
}

// What is borrowed is asked for by what the allocated device is.
func TestRequestForADeviceOfTheNode(t *testing.T) {
	function := &netagentv1.NodeDevice{Device: &netagentv1.NodeDevice_Vf{Vf: &netagentv1.Vf{
		Pci: &netagentv1.PciFunction{Address: "0000:3b:02.1"}, Parent: "ens1", VfIndex: 5}}}
	card := &netagentv1.NodeDevice{Device: &netagentv1.NodeDevice_Nic{Nic: &netagentv1.Nic{
		Pci: &netagentv1.PciFunction{Address: "0000:3c:00.0"}, Link: "ens2"}}}
	for config, tc := range map[string]struct {
		node *netagentv1.NodeDevice
		want string
	}{
		`{"kind": "sriov-vf"}`: {function, `{"sriovVf": {"pciAddress": "0000:3b:02.1", "parent": "ens1", "vfIndex": 5}}`},
		`{"kind": "sriov-vf", "mtu": 1400, "macAddress": "02:00:00:00:00:01", "vlan": 5, "vlanQos": 3, "vlanProto": "802.1ad",
		  "spoofCheck": false, "trust": true, "minTxRate": 10, "maxTxRate": 100, "linkState": "enable"}`: {function,
			`{"sriovVf": {"pciAddress": "0000:3b:02.1", "parent": "ens1", "vfIndex": 5, "mtu": 1400, "macAddress": "AgAAAAAB",
			  "vlan": 5, "vlanQos": 3, "vlanProtocol": "VLAN_PROTOCOL_8021AD", "spoofCheck": false, "trust": true,
			  "minTxRate": 10, "maxTxRate": 100, "linkState": "VF_LINK_STATE_ENABLE"}}`},
		`{"kind": "sriov-vf", "vlan": 5, "vlanProto": "802.1q", "linkState": "auto"}`: {function,
			`{"sriovVf": {"pciAddress": "0000:3b:02.1", "parent": "ens1", "vfIndex": 5,
			  "vlan": 5, "vlanProtocol": "VLAN_PROTOCOL_8021Q", "linkState": "VF_LINK_STATE_AUTO"}}`},
		`{"kind": "host-device"}`:                       {card, `{"hostDevice": {"name": "ens2", "pciAddress": "0000:3c:00.0"}}`},
		`{"kind": "host-device", "hostDevice": "ens3"}`: {nil, `{"hostDevice": {"name": "ens3"}}`},
		`{"kind": "host-device", "mtu": 1400, "macAddress": "02:00:00:00:00:01"}`: {card,
			`{"hostDevice": {"name": "ens2", "pciAddress": "0000:3c:00.0", "mtu": 1400, "macAddress": "AgAAAAAB"}}`},
	} {
		var want netagentv1.DeviceRequest
		if err := protojson.Unmarshal([]byte(tc.want), &want); err != nil {
			t.Fatal(err)
		}
		want.Key = "d0"
		if got := requestFor(t, config, tc.node); !proto.Equal(got, &want) {
			t.Errorf("%s\n got %s\nwant %s", config, protojson.Format(got), tc.want)
		}
	}
	c := decode(t, `{"kind": "sriov-vf"}`)
	if _, err := handler.All().Handlers[c.Type][c.DeviceKind()].Request(c, card); err == nil {
		t.Error("a card is taken for a virtual function")
	}
}

func TestRecord(t *testing.T) {
	for kind, parent := range map[string]string{
		"dummy": "", "macvlan": "eth0", "ipvlan": "eth0", "veth": "br0", "ipoib": "ib0", "sriov-vf": "", "host-device": "",
	} {
		pkey := ""
		if kind == "ipoib" {
			pkey = `"pkey": 1, `
		}
		c := decode(t, fmt.Sprintf(`{"kind": %q, "parent": %q, `+pkey+`"interfaceName": "net1", "addresses": ["192.0.2.1/24", "2001:DB8::1/64"]}`, kind, parent))
		h, err := handler.All().For(c)
		if err != nil {
			t.Fatal(err)
		}
		var d record.Device
		if err := h.Record(c, &netagentv1.Attachment{Device: &netagentv1.Attachment_Link{Link: &netagentv1.Link{
			Name: "hw1", Ifindex: 7, MacAddress: []byte{2, 0, 0, 0, 0, 1}, Mtu: 1500, Alias: "mark",
		}}}, &d); err != nil {
			t.Fatal(err)
		}
		want := record.Device{Link: &record.Link{
			Name: "net1", HostName: "hw1", Alias: "mark", MAC: "02:00:00:00:00:01", MTU: 1500,
			Settings: layer3.Settings{Addresses: []layer3.Address{{Address: "192.0.2.1/24"}, {Address: "2001:DB8::1/64"}}},
		}}
		if diff := cmp.Diff(want, d); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
		if err := h.Record(c, &netagentv1.Attachment{}, &d); err == nil {
			t.Errorf("%s: an attachment without a link is taken", kind)
		}
	}
}

func TestUverbs(t *testing.T) {
	c := &v1alpha1.DeviceConfig{Type: "rdma", RDMA: &v1alpha1.RDMA{Kind: "uverbs"}}
	h, err := handler.All().For(c)
	if err != nil {
		t.Fatal(err)
	}
	node := &netagentv1.NodeDevice{Device: &netagentv1.NodeDevice_Rdma{Rdma: &netagentv1.NodeRdmaDevice{Ibdev: "mlx5_0"}}}
	req, err := h.Request(c, node)
	if err != nil || req.GetUverbs().GetIbdev() != "mlx5_0" {
		t.Errorf("asks for %v, %v", req, err)
	}
	if _, err := h.Request(c, nil); err == nil {
		t.Error("the virtual device is taken for an RDMA device")
	}
	var d record.Device
	answer := func(l netagentv1.Location, files ...*netagentv1.CharDevice) *netagentv1.Attachment {
		return &netagentv1.Attachment{Location: l, Device: &netagentv1.Attachment_Rdma{Rdma: &netagentv1.RdmaDevice{Ibdev: "mlx5_0", CharDevices: files}}}
	}
	if err := h.Record(c, &netagentv1.Attachment{}, &d); err == nil {
		t.Error("an attachment without an RDMA device is taken")
	}
	want := record.Device{RDMA: &record.RDMA{IBDev: "mlx5_0", CharDevices: []record.CharDevice{{Path: "/dev/infiniband/uverbs0", Major: 231, Minor: 192}}}}
	for _, a := range []*netagentv1.Attachment{
		answer(netagentv1.Location_LOCATION_HOST, &netagentv1.CharDevice{Path: "/dev/infiniband/uverbs0", Major: 231, Minor: 192}),
		answer(netagentv1.Location_LOCATION_LOST), // what is lost keeps its files
	} {
		if err := h.Record(c, a, &d); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, d); diff != "" {
			t.Error(diff)
		}
	}
}

func TestKeys(t *testing.T) {
	for config, want := range map[string][]string{
		`{"type": "netdev", "netdev": {"kind": "dummy"}}`:                        {"d1"},
		`{"type": "rdma", "rdma": {"kind": "uverbs"}}`:                           {"d1"},
		`{"type": "combo", "combo": {"kind": "roce", "rdma": {}, "netdev": {}}}`: {"d1", "d1rdma"},
		`{`: {"d1"},
	} {
		if diff := cmp.Diff(want, handler.Keys(&record.Device{Key: "d1", Config: []byte(config)})); diff != "" {
			t.Errorf("%s: %s", config, diff)
		}
	}
}

func TestUnknownKinds(t *testing.T) {
	const only = ": this version of the driver cannot prepare it, only combo roce; netdev dummy, host-device, ipoib, ipvlan, macvlan, sriov-vf, veth; rdma uverbs"
	for want, c := range map[string]*v1alpha1.DeviceConfig{
		`netdev.kind: Invalid value: "vxlan"` + only: {Type: "netdev", Netdev: &v1alpha1.Netdev{Kind: "vxlan"}},
		`rdma.kind: Invalid value: "vdpa"` + only:    {Type: "rdma", RDMA: &v1alpha1.RDMA{Kind: "vdpa"}},
		`combo.kind: Invalid value: "iwarp"` + only:  {Type: "combo", Combo: &v1alpha1.Combo{Kind: "iwarp"}},
	} {
		if _, err := handler.All().For(c); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
