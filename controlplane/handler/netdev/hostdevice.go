package netdev

import (
	"cmp"
	"errors"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// HostDevice is a network card of the node, whole.
type HostDevice struct{ link }

// Request asks for the card that was allocated, or for the one that the
// configuration names.
func (HostDevice) Request(c *v1alpha1.DeviceConfig, node *netagentv1.NodeDevice) (*netagentv1.DeviceRequest, error) {
	mac, err := mac(c.Netdev)
	if err != nil {
		return nil, err
	}
	h := &netagentv1.HostDevice{Name: c.Netdev.HostDevice, Mtu: c.Netdev.MTU, MacAddress: mac}
	if nic := cmp.Or(node.GetNic(), node.GetCombo().GetNic()); nic != nil {
		h.Name, h.PciAddress = nic.GetLink(), nic.GetPci().GetAddress()
	}
	if h.Name == "" {
		return nil, errors.New("netdev.hostDevice: name a card of the node, or claim one")
	}
	return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_HostDevice{HostDevice: h}}, nil
}
