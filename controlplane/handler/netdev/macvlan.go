package netdev

import (
	"strings"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Macvlan is a link with a MAC address of its own on a parent.
type Macvlan struct{ link }

// Request asks for the link.
func (Macvlan) Request(c *v1alpha1.DeviceConfig, _ *netagentv1.NodeDevice) (*netagentv1.DeviceRequest, error) {
	mac, err := mac(c.Netdev)
	if err != nil {
		return nil, err
	}
	return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_Macvlan{Macvlan: &netagentv1.Macvlan{
		Parent:     c.Netdev.Parent,
		Mode:       macvlanMode(c.Netdev.Mode),
		Mtu:        mtu(c.Netdev),
		MacAddress: mac,
	}}}, nil
}

// macvlanMode returns 0, which netagent refuses, for a word it does not know.
func macvlanMode(word string) netagentv1.MacvlanMode {
	return netagentv1.MacvlanMode(netagentv1.MacvlanMode_value["MACVLAN_MODE_"+strings.ToUpper(word)])
}
