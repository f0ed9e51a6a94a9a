// Package combo says which devices those kinds are made of that join several,
// one file each. The parts have handlers of their own.
package combo

import (
	"github.com/hawser-dra/hawser/api/config/v1alpha1"
)

// Part is one of the devices.
type Part struct {
	// Suffix of the device's key in netagent: lower case letters, or empty.
	Suffix string
	// Config is what a claim for the part alone would have.
	Config *v1alpha1.DeviceConfig
}

// Roce is an RDMA device and an interface.
type Roce struct{}

// Parts are attached in this order and taken back in the reverse one: the RDMA
// device goes where its interface went before.
func (Roce) Parts(c *v1alpha1.DeviceConfig) []Part {
	return []Part{
		{Config: &v1alpha1.DeviceConfig{Type: v1alpha1.TypeNetdev, Netdev: c.Combo.Netdev}},
		{Suffix: "rdma", Config: &v1alpha1.DeviceConfig{Type: v1alpha1.TypeRDMA, RDMA: c.Combo.RDMA}},
	}
}
