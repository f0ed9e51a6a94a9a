package attachment

import (
	"context"

	"github.com/hawser-dra/hawser/netagent/uevent"
)

// watchHardware sees to what is lent when its hardware goes, until ctx ends, which
// wait waits for. Of a link that goes while a pod has it the kernel tells in the
// pod alone; of the hardware that it belonged to, everywhere.
func (m *Manager) watchHardware(ctx context.Context) (wait func(), err error) {
	news, err := uevent.Listen(ctx, uevent.Buses...)
	if err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range news {
			m.seeToHardware(ctx)
		}
	}()
	return func() { <-done }, nil
}

func (m *Manager) seeToHardware(ctx context.Context) {
	lent := m.table.where(func(row known) bool { return row.entry.Was != nil && row.place.location == inPod })
	for _, row := range lent {
		if !m.driven(row.entry.Was) {
			m.returns.expect(ctx, m, markOf(row.entry))
		}
	}
}
