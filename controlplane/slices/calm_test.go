package slices_test

import (
	"testing"
	"testing/synctest"
	"time"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/slices"
)

// flapping is a card whose carrier comes and goes, and its wire with it.
func flapping(carrier bool) *netagentv1.NodeDevice {
	d := card(!carrier)
	d.GetNic().Carrier = carrier
	return d
}

// TestFlappingLink has a link flap for a minute, faster than changes are gathered
// and slower, with and without taints: of no five seconds there are two writes, and
// what is written last is how the link is in the end.
func TestFlappingLink(t *testing.T) {
	for _, period := range []time.Duration{70 * time.Millisecond, 900 * time.Millisecond, 3 * time.Second} {
		for _, hold := range []time.Duration{0, 5 * time.Second} {
			run(t, 0, func(t *testing.T, n *node) {
				n.change(true, virtual(512), flapping(true))
				time.Sleep(time.Minute)
				carrier := true
				for began := time.Now(); time.Since(began) < time.Minute || carrier; time.Sleep(period) {
					carrier = !carrier
					n.change(true, virtual(512), flapping(carrier))
				}
				time.Sleep(time.Minute)
				if times := n.times(); len(times) < 5 {
					t.Errorf("period %v: written at %v", period, times)
				} else {
					wantApart(t, times, 5*time.Second)
				}
				devices := n.pool(t).Slices[0].Devices
				if *devices[1].Attributes["dra.example.com/carrier"].BoolValue {
					t.Errorf("period %v, hold %v: published as up", period, hold)
				}
				if tainted(t, n) != (hold > 0) {
					t.Errorf("period %v, hold %v: taints %v", period, hold, devices[1].Taints)
				}
			}, func(c *slices.Config) { c.TaintLinkDown = hold })
		}
	}
}

func wantApart(t *testing.T, times []time.Time, least time.Duration) {
	t.Helper()
	for i := range times[1:] {
		if d := times[i+1].Sub(times[i]); d < least {
			t.Errorf("two writes in %v", d)
		}
	}
}

// TestNewDeviceDoesNotWait: a device that comes while another one's link flaps is
// there as soon as changes have been gathered.
func TestNewDeviceDoesNotWait(t *testing.T) {
	run(t, 0, func(t *testing.T, n *node) {
		n.change(true, flapping(true))
		synctest.Wait()
		n.change(true, flapping(false), virtual(512))
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if devices := n.pool(t).Slices[0].Devices; len(devices) != 2 {
			t.Errorf("published are %v", devices)
		}
	})
}
