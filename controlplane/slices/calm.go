package slices

import (
	"slices"
	"time"

	resourceapi "k8s.io/api/resource/v1"
)

// calm is the least time from a write to one that has news only of devices that
// were listed before, such as their carrier: links that flap must not keep the API
// server and every scheduler busy. No five seconds see two such writes, whatever
// they need to get there. Devices that come or go do not wait for it.
const calm = 6 * time.Second

// notBefore is when the devices may be written.
func (s *Slices) notBefore(devices []resourceapi.Device) time.Time {
	same := func(a, b resourceapi.Device) bool { return a.Name == b.Name }
	if !s.published || !slices.EqualFunc(devices, s.last, same) {
		return time.Time{}
	}
	return s.wrote.Add(calm)
}

// earlier is the first of two times of which a zero one is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
