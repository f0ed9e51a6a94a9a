package netdev

import (
	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Dummy is a link without a wire.
type Dummy struct{ link }

// Request asks for the link.
func (Dummy) Request(c *v1alpha1.DeviceConfig, _ *netagentv1.NodeDevice) (*netagentv1.DeviceRequest, error) {
	mac, err := mac(c.Netdev)
	if err != nil {
		return nil, err
	}
	return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_Dummy{Dummy: &netagentv1.Dummy{
		Mtu:        mtu(c.Netdev),
		MacAddress: mac,
	}}}, nil
}
