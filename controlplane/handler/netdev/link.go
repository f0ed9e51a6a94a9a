// Package netdev has a handler for each kind of network interface, one file
// each. They expect a configuration that api/config has decoded, and refuse
// nothing of their own.
package netdev

import (
	"errors"
	"fmt"
	"net"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
)

// link is what all kinds have in common: netagent answers with a link.
type link struct{}

// Record adds the link to d.
func (link) Record(c *v1alpha1.DeviceConfig, a *netagentv1.Attachment, d *record.Device) error {
	l := a.GetLink()
	if l == nil {
		return errors.New("netagent answered without a link")
	}
	d.Link = &record.Link{
		Name:     c.Netdev.InterfaceName,
		HostName: l.GetName(),
		Alias:    l.GetAlias(),
		MAC:      net.HardwareAddr(l.GetMacAddress()).String(),
		MTU:      l.GetMtu(),
		Settings: c.Netdev.Settings,
		Offloads: offloads(c.Netdev),
	}
	return nil
}

// mtu returns 0, netagent's word for its default, when none is configured.
func mtu(n *v1alpha1.Netdev) uint32 {
	if n.MTU == nil {
		return 0
	}
	return *n.MTU
}

// mac returns nil, which lets the kernel choose, when none is configured.
func mac(n *v1alpha1.Netdev) (net.HardwareAddr, error) {
	if n.MACAddress == "" {
		return nil, nil
	}
	a, err := v1alpha1.ParseMAC(n.MACAddress)
	if err != nil {
		return nil, fmt.Errorf("netdev.macAddress: %w", err)
	}
	return a, nil
}
