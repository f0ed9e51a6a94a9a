package netdev

import (
	"cmp"
	"errors"
	"strings"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// SriovVf is a virtual function of a network card.
type SriovVf struct{ link }

// Request asks for the function that was allocated.
func (SriovVf) Request(c *v1alpha1.DeviceConfig, node *netagentv1.NodeDevice) (*netagentv1.DeviceRequest, error) {
	vf := cmp.Or(node.GetVf(), node.GetCombo().GetVf())
	if vf == nil {
		return nil, errors.New("the allocated device is no virtual function")
	}
	mac, err := mac(c.Netdev)
	if err != nil {
		return nil, err
	}
	n := c.Netdev
	return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_SriovVf{SriovVf: &netagentv1.SriovVf{
		PciAddress:   vf.GetPci().GetAddress(),
		Parent:       vf.GetParent(),
		VfIndex:      vf.GetVfIndex(),
		Mtu:          n.MTU,
		MacAddress:   mac,
		Vlan:         n.VLAN,
		VlanQos:      n.VLANQoS,
		VlanProtocol: vlanProtocol(n.VLANProto),
		SpoofCheck:   n.SpoofCheck,
		Trust:        n.Trust,
		MinTxRate:    n.MinTxRate,
		MaxTxRate:    n.MaxTxRate,
		LinkState:    vfLinkState(n.LinkState),
	}}}, nil
}

// vlanProtocol returns nil for no word, and for one that it does not know a 0,
// which netagent refuses.
func vlanProtocol(word string) *netagentv1.VlanProtocol {
	if word == "" {
		return nil
	}
	name := "VLAN_PROTOCOL_" + strings.ToUpper(strings.ReplaceAll(word, ".", ""))
	return netagentv1.VlanProtocol(netagentv1.VlanProtocol_value[name]).Enum()
}

// vfLinkState is for link states what vlanProtocol is for protocols.
func vfLinkState(word string) *netagentv1.VfLinkState {
	if word == "" {
		return nil
	}
	return netagentv1.VfLinkState(netagentv1.VfLinkState_value["VF_LINK_STATE_"+strings.ToUpper(word)]).Enum()
}
