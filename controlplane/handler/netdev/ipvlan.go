package netdev

import (
	"strings"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Ipvlan is a link that shares the MAC address of its parent.
type Ipvlan struct{ link }

// Request asks for the link.
func (Ipvlan) Request(c *v1alpha1.DeviceConfig, _ *netagentv1.NodeDevice) (*netagentv1.DeviceRequest, error) {
	return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_Ipvlan{Ipvlan: &netagentv1.Ipvlan{
		Parent: c.Netdev.Parent,
		Mode:   ipvlanMode(c.Netdev.Mode),
		Flag:   ipvlanFlag(c.Netdev.Flag),
		Mtu:    mtu(c.Netdev),
	}}}, nil
}

// ipvlanMode returns 0, which netagent refuses, for a word it does not know.
func ipvlanMode(word string) netagentv1.IpvlanMode {
	return netagentv1.IpvlanMode(netagentv1.IpvlanMode_value["IPVLAN_MODE_"+strings.ToUpper(word)])
}

// ipvlanFlag returns 0, which netagent refuses, for a word it does not know.
func ipvlanFlag(word string) netagentv1.IpvlanFlag {
	return netagentv1.IpvlanFlag(netagentv1.IpvlanFlag_value["IPVLAN_FLAG_"+strings.ToUpper(word)])
}
