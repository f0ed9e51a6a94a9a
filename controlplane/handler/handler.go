// Package handler translates: a device's configuration into the request that
// netagent gets, and netagent's answer into the record.
//
// Handlers are pure. They refuse kinds that this version cannot make; whether a
// device may be had is netagent's to say.
package handler

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/handler/netdev"
)

// Handler is one kind of device.
type Handler interface {
	// Request asks netagent for the device. node is what was allocated, as
	// netagent tells of it; nil for the virtual device. The caller sets the key.
	Request(c *v1alpha1.DeviceConfig, node *netagentv1.NodeDevice) (*netagentv1.DeviceRequest, error)
	// Record adds to d what netagent has answered.
	Record(c *v1alpha1.DeviceConfig, a *netagentv1.Attachment, d *record.Device) error
}

// Table finds a handler by type and kind.
type Table map[v1alpha1.Type]map[v1alpha1.Kind]Handler

// All returns the handlers of this version.
func All() Table {
	return Table{
		v1alpha1.TypeNetdev: {
			v1alpha1.KindMacvlan: netdev.Macvlan{},
			v1alpha1.KindIpvlan:  netdev.Ipvlan{},
			v1alpha1.KindVeth:    netdev.Veth{},
			v1alpha1.KindDummy:   netdev.Dummy{},
		},
	}
}

// For returns the handler of a configuration.
func (t Table) For(c *v1alpha1.DeviceConfig) (Handler, error) {
	kind := c.DeviceKind()
	if h := t[c.Type][kind]; h != nil {
		return h, nil
	}
	return nil, field.Invalid(field.NewPath(string(c.Type), "kind"), kind,
		"this version of the driver cannot prepare it, only "+t.String())
}

// String lists the types and kinds, for people.
func (t Table) String() string {
	var types []string
	for _, name := range slices.Sorted(maps.Keys(t)) {
		kinds := slices.Sorted(maps.Keys(t[name]))
		types = append(types, fmt.Sprintf("%s %s", name, strings.Join(asStrings(kinds), ", ")))
	}
	return strings.Join(types, "; ")
}

func asStrings(kinds []v1alpha1.Kind) (s []string) {
	for _, k := range kinds {
		s = append(s, string(k))
	}
	return s
}
