package slices

import (
	"time"

	resourceapi "k8s.io/api/resource/v1"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/devicehealth"
)

// linkDownTaint is the key of the taint, in the driver's domain.
const linkDownTaint = "link-down"

// taint keeps new claims from devices whose link is down for long enough, and
// returns when that may change by itself; zero: it will not. Whoever wants such a
// device all the same tolerates the taint.
func (s *Slices) taint(now time.Time, devices []resourceapi.Device, node []*netagentv1.NodeDevice) (again time.Time) {
	if s.down == nil {
		return time.Time{}
	}
	down := map[string]bool{}
	for _, d := range node {
		down[d.GetName()] = devicehealth.LinkFault(d) != ""
	}
	settled, again := s.down.Update(now, down)
	for i := range devices {
		if settled[devices[i].Name] {
			devices[i].Taints = []resourceapi.DeviceTaint{{
				Key: s.cfg.Driver + "/" + linkDownTaint, Effect: resourceapi.DeviceTaintEffectNoSchedule,
			}}
		}
	}
	return again
}
