package claim_test

import (
	"strings"
	"testing"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/claim"
)

// combos finds a virtual function and a card with their RDMA devices.
func combos(name string) *netagentv1.NodeDevice {
	c := &netagentv1.Combo{Rdma: &netagentv1.NodeRdmaDevice{Ibdev: "mlx5_2", LinkLayer: "Ethernet", Netdev: "ens1v0"}}
	switch name {
	case "combo-vf":
		c.Netdev = &netagentv1.Combo_Vf{Vf: &netagentv1.Vf{Parent: "ens1"}}
	case "combo-nic":
		c.Netdev = &netagentv1.Combo_Nic{Nic: &netagentv1.Nic{Link: "ens2"}}
	case "vf":
		return &netagentv1.NodeDevice{Name: name, Device: &netagentv1.NodeDevice_Vf{Vf: &netagentv1.Vf{Parent: "ens1"}}}
	}
	return &netagentv1.NodeDevice{Name: name, Device: &netagentv1.NodeDevice_Combo{Combo: c}}
}

func decodeCombo(device, parameters string) (*claim.Claim, error) {
	rc := allocated(configs(fromClaim(parameters)), "nic")
	rc.Status.Allocation.Devices.Results[0].Device = device
	d := claim.Decoder{Driver: driver, Device: combos}
	return d.Decode(rc)
}

func TestRoceOfAFunction(t *testing.T) {
	for device, netdevs := range map[string][]string{
		"combo-vf":  {`{"kind": "sriov-vf", "trust": true}`, `{"kind": "macvlan"}`},
		"combo-nic": {`{"kind": "host-device"}`, `{"kind": "host-device", "hostDevice": "ens2"}`, `{"kind": "dummy"}`},
	} {
		for _, netdev := range netdevs {
			c, err := decodeCombo(device, roce(netdev))
			if err != nil {
				t.Errorf("%s of %s: %v", netdev, device, err)
				continue
			}
			if n := c.Devices[0].Config.Combo.Netdev; n.NeedsParent() && n.Parent != "ens1v0" {
				t.Errorf("%s of %s: parent is %q", netdev, device, n.Parent)
			}
		}
	}
}

func TestFunctionRefused(t *testing.T) {
	for want, c := range map[string]struct{ device, parameters string }{
		`combo.netdev.kind: Invalid value: "sriov-vf": the allocated device combo-nic has none: request one that has, with the CEL selector device.attributes["dra.example.com"].type == "combo" && device.attributes["dra.example.com"].netdevKind == "sriov-vf"`: {"combo-nic", roce(`{"kind": "sriov-vf"}`)},
		`combo.netdev.kind: Invalid value: "host-device": the allocated device combo-vf has none`:              {"combo-vf", roce(`{"kind": "host-device", "hostDevice": "ens1"}`)},
		`combo.netdev.hostDevice: Invalid value: "ens7": the allocated device combo-nic is ens2: leave it out`: {"combo-nic", roce(`{"kind": "host-device", "hostDevice": "ens7"}`)},
		`combo.kind: Invalid value: "roce": the allocated device is vf, which cannot be a roce: request one that can, with the CEL selector device.attributes["dra.example.com"].type == "combo" && device.attributes["dra.example.com"].netdevKind == "sriov-vf"`: {"vf", roce(`{"kind": "sriov-vf"}`)},
		`rdma.kind: Invalid value: "uverbs": the allocated device is combo-vf, which cannot be a uverbs`:       {"combo-vf", `{"type": "rdma", "rdma": {"kind": "uverbs"}}`},
		`netdev.kind: Invalid value: "sriov-vf": the allocated device is combo-vf, which cannot be a sriov-vf`: {"combo-vf", `{"type": "netdev", "netdev": {"kind": "sriov-vf"}}`},
	} {
		if _, err := decodeCombo(c.device, c.parameters); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
