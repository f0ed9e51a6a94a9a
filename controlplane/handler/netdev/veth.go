package netdev

import (
	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Veth is a pair of links: one for the pod, one that stays on the host.
type Veth struct{ link }

// Request asks for the pair. Its parent is the bridge that the host's end joins.
func (Veth) Request(c *v1alpha1.DeviceConfig, _ *netagentv1.NodeDevice) (*netagentv1.DeviceRequest, error) {
	mac, err := mac(c.Netdev)
	if err != nil {
		return nil, err
	}
	return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_Veth{Veth: &netagentv1.Veth{
		Bridge:     c.Netdev.Parent,
		Mtu:        mtu(c.Netdev),
		MacAddress: mac,
	}}}, nil
}
