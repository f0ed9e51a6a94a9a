package netdev

import (
	"strings"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Ipoib is a child of an InfiniBand interface, in a partition of its own.
type Ipoib struct{ link }

// Request asks for the link.
func (Ipoib) Request(c *v1alpha1.DeviceConfig, _ *netagentv1.NodeDevice) (*netagentv1.DeviceRequest, error) {
	return &netagentv1.DeviceRequest{Kind: &netagentv1.DeviceRequest_Ipoib{Ipoib: &netagentv1.Ipoib{
		Parent: c.Netdev.Parent,
		Pkey:   pkey(c.Netdev),
		Mode:   ipoibMode(c.Netdev.Mode),
		Mtu:    mtu(c.Netdev),
	}}}, nil
}

// pkey returns 0, which netagent refuses, when none is configured.
func pkey(n *v1alpha1.Netdev) uint32 {
	if n.PKey == nil {
		return 0
	}
	return *n.PKey | v1alpha1.FullMembership
}

// ipoibMode returns 0, which netagent refuses, for a word it does not know.
func ipoibMode(word string) netagentv1.IpoibMode {
	return netagentv1.IpoibMode(netagentv1.IpoibMode_value["IPOIB_MODE_"+strings.ToUpper(word)])
}
