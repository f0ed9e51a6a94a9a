package attachment

import (
	"context"
	"fmt"

	"github.com/hawser-dra/hawser/internal/ethtool"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// readDriver reads what a link's driver has of its own.
func (m *Manager) readDriver(ctx context.Context, index int) (*ethtool.State, error) {
	var s ethtool.State
	err := m.driver(ctx, "ethtool read", index, func(d *ethtool.Device) (err error) {
		s, err = d.Read()
		return err
	})
	return &s, err
}

// bringDriver sets what differs from what was read.
func (m *Manager) bringDriver(ctx context.Context, index int, to *ethtool.State) error {
	if to == nil {
		return nil
	}
	return m.driver(ctx, "ethtool restore", index, func(d *ethtool.Device) error { return d.Restore(*to) })
}

// driver acts on the driver of a link, which ethtool knows by its name: that is
// looked up before, and must be the link's still after it.
func (m *Manager) driver(ctx context.Context, what string, index int, act func(*ethtool.Device) error) error {
	return tracing.Do(ctx, what, func(ctx context.Context) error {
		l, err := m.links.ByIndex(ctx, link.Host, index)
		if err != nil {
			return err
		}
		d, err := ethtool.Open(l.Name)
		if err != nil {
			return err
		}
		defer func() { _ = d.Close() }()
		if err := act(d); err != nil {
			return fmt.Errorf("link %s: %w", l.Name, err)
		}
		now, err := m.links.ByIndex(ctx, link.Host, index)
		if err == nil && now.Name != l.Name {
			err = fmt.Errorf("link %s was renamed to %s meanwhile", l.Name, now.Name)
		}
		return err
	})
}
