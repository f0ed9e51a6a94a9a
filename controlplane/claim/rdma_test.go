package claim_test

import (
	"strings"
	"testing"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/claim"
)

// rdmaNode finds an RDMA device whatever its name.
func rdmaNode(r *netagentv1.NodeRdmaDevice) claim.Decoder {
	return claim.Decoder{Driver: driver, Device: func(name string) *netagentv1.NodeDevice {
		return &netagentv1.NodeDevice{Name: name, Device: &netagentv1.NodeDevice_Rdma{Rdma: r}}
	}}
}

func decodeRDMA(r *netagentv1.NodeRdmaDevice, parameters string, requests ...string) (*claim.Claim, error) {
	rc := allocated(configs(fromClaim(parameters)), requests...)
	for i := range rc.Status.Allocation.Devices.Results {
		rc.Status.Allocation.Devices.Results[i].Device = "rdma-rxe0"
	}
	d := rdmaNode(r)
	return d.Decode(rc)
}

func roce(netdev string) string {
	return `{"type": "combo", "combo": {"kind": "roce", "netdev": ` + netdev + `}}`
}

func TestParentOfRoce(t *testing.T) {
	rxe0 := &netagentv1.NodeRdmaDevice{Ibdev: "rxe0", LinkLayer: "Ethernet", Netdev: "eth1"}
	for netdev, want := range map[string]string{
		`{"kind": "macvlan"}`:                           "eth1",
		`{"kind": "ipvlan"}`:                            "eth1",
		`{"kind": "macvlan", "parent": "eth2"}`:         "eth2",
		`{"kind": "veth"}`:                              "",
		`{"kind": "dummy"}`:                             "",
		`{"kind": "host-device", "hostDevice": "eth3"}`: "",
	} {
		c, err := decodeRDMA(rxe0, roce(netdev), "nic")
		if err != nil {
			t.Errorf("%s: %v", netdev, err)
			continue
		}
		if got := c.Devices[0].Config.Combo.Netdev.Parent; got != want {
			t.Errorf("%s: parent is %q, want %q", netdev, got, want)
		}
	}
}

func TestRDMARefused(t *testing.T) {
	rxe0 := &netagentv1.NodeRdmaDevice{Ibdev: "rxe0", LinkLayer: "Ethernet", Netdev: "eth1"}
	for name, tt := range map[string]struct {
		node       *netagentv1.NodeRdmaDevice
		parameters string
		want       string
	}{
		"another device": {rxe0, `{"type": "rdma", "rdma": {"kind": "uverbs", "preferDevice": "mlx5_0"}}`,
			`request "nic": rdma.preferDevice: Invalid value: "mlx5_0": the allocated RDMA device is rxe0: request the other one with the CEL selector device.attributes["dra.example.com"].ibdev == "mlx5_0"`},
		"another device of a combo": {rxe0, `{"type": "combo", "combo": {"kind": "roce", "rdma": {"kind": "uverbs", "preferDevice": "mlx5_0"}, "netdev": {"kind": "dummy"}}}`,
			`request "nic": combo.rdma.preferDevice: Invalid value: "mlx5_0"`},
		"an interface": {rxe0, `{"type": "netdev", "netdev": {"kind": "dummy"}}`,
			`request "nic": netdev.kind: Invalid value: "dummy": the allocated device is rdma-rxe0, which cannot be a dummy`},
		"roce over InfiniBand": {&netagentv1.NodeRdmaDevice{Ibdev: "mlx5_0", LinkLayer: "InfiniBand", Netdev: "ib0"}, roce(`{"kind": "dummy"}`),
			`request "nic": combo.kind: Invalid value: "roce": the allocated RDMA device mlx5_0 has the link layer "InfiniBand", roce needs Ethernet: claim it with type rdma`},
		"roce with ipoib": {rxe0, roce(`{"kind": "ipoib", "parent": "ib0", "pkey": 1}`),
			`request "nic": combo.netdev.kind: Invalid value: "ipoib": RoCE is RDMA over Ethernet`},
		"roce with a VF": {rxe0, roce(`{"kind": "sriov-vf"}`),
			`request "nic": combo.netdev.kind: Invalid value: "sriov-vf": the allocated device rdma-rxe0 has none: request one that has, with the CEL selector device.attributes["dra.example.com"].type == "combo" && device.attributes["dra.example.com"].netdevKind == "sriov-vf"`},
		"roce with no card": {rxe0, roce(`{"kind": "host-device"}`),
			`request "nic": combo.netdev.hostDevice: Required value: the RDMA device comes without a card`},
		"roce without a link": {&netagentv1.NodeRdmaDevice{Ibdev: "rxe0", LinkLayer: "Ethernet"}, roce(`{"kind": "macvlan"}`),
			`request "nic": combo.netdev.parent: Required value: the RDMA device rxe0 has no link on this node that a macvlan could be made on: name one`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decodeRDMA(tt.node, tt.parameters, "nic")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	_, err := decodeRDMA(rxe0, roce(`{"kind": "dummy"}`), "a", "b", "c", "d", "e")
	if want := "the claim has devices of 10 parts, at most 8 are allowed and a combo has two: spread them over several claims"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestExclusiveRDMA takes podlink, which has the device moved.
func TestExclusiveRDMA(t *testing.T) {
	d := rdmaNode(&netagentv1.NodeRdmaDevice{Ibdev: "rxe0", LinkLayer: "Ethernet", Exclusive: true})
	rc := allocated(configs(fromClaim(`{"type": "rdma", "rdma": {"kind": "uverbs"}}`)), "nic")
	rc.Status.Allocation.Devices.Results[0].Device = "rdma-rxe0"
	if _, err := d.Decode(rc); err != nil {
		t.Error(err)
	}
	d.NoPodlink = true
	_, err := d.Decode(rc)
	if want := "podlink, which has them moved to the pod's, is turned off on this node"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
