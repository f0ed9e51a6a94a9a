package slices

import (
	"context"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/claim"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// virtual stands for the links that are created on demand. Each allocation
// takes one of its slots unless it asks for more.
func (s *Slices) virtual(slots int64) resourceapi.Device {
	typ, kind := "netdev", "virtual"
	shared := true
	one := resource.MustParse("1")
	return resourceapi.Device{
		Name:                     claim.VirtualDevice,
		AllowMultipleAllocations: &shared,
		Attributes: map[resourceapi.QualifiedName]resourceapi.DeviceAttribute{
			s.name("type"): {StringValue: &typ},
			s.name("kind"): {StringValue: &kind},
		},
		Capacity: map[resourceapi.QualifiedName]resourceapi.DeviceCapacity{
			s.name("slots"): {
				Value:         *resource.NewQuantity(slots, resource.DecimalSI),
				RequestPolicy: &resourceapi.CapacityRequestPolicy{Default: &one},
			},
		},
	}
}

// slots is what a device that claims share has: what was configured, but no more
// than netagent will attach. The scheduler would send pods here that cannot start.
func (s *Slices) slots(ctx context.Context, node []*netagentv1.NodeDevice) int64 {
	limit := s.cfg.Slots
	for _, d := range node {
		if v := d.GetVirtualLinks(); v != nil {
			limit = int64(v.GetMaxAttachments())
		}
	}
	if s.cfg.Slots <= limit {
		return s.cfg.Slots
	}
	logging.From(ctx).Warn("fewer slots than configured: netagent has a lower limit",
		"configured", s.cfg.Slots, "published", limit)
	return limit
}
