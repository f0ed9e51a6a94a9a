package slices

import (
	"context"

	resourceapi "k8s.io/api/resource/v1"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Attributes are those that a device of the node is published with; none for one
// that is not.
func Attributes(ctx context.Context, driver string, d *netagentv1.NodeDevice) map[resourceapi.QualifiedName]resourceapi.DeviceAttribute {
	s := &Slices{cfg: Config{Driver: driver}}
	for _, device := range s.devices(ctx, []*netagentv1.NodeDevice{d}) {
		return device.Attributes
	}
	return nil
}
