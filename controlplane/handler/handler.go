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
	"github.com/hawser-dra/hawser/controlplane/handler/combo"
	"github.com/hawser-dra/hawser/controlplane/handler/netdev"
	"github.com/hawser-dra/hawser/controlplane/handler/rdma"
)

// Handler is one kind of device.
type Handler interface {
	// Request asks netagent for the device. node is what was allocated, as
	// netagent tells of it; nil for the virtual device. The caller sets the key.
	Request(c *v1alpha1.DeviceConfig, node *netagentv1.NodeDevice) (*netagentv1.DeviceRequest, error)
	// Record adds to d what netagent has answered.
	Record(c *v1alpha1.DeviceConfig, a *netagentv1.Attachment, d *record.Device) error
}

// Combo is one kind of device that is made of several.
type Combo interface {
	// Parts are in the order in which netagent attaches them.
	Parts(c *v1alpha1.DeviceConfig) []combo.Part
}

// Table finds a handler by type and kind, or what a combination is made of.
type Table struct {
	Handlers map[v1alpha1.Type]map[v1alpha1.Kind]Handler
	Combos   map[v1alpha1.Kind]Combo
}

// All returns the handlers of this version.
func All() Table {
	return Table{Handlers: map[v1alpha1.Type]map[v1alpha1.Kind]Handler{
		v1alpha1.TypeNetdev: {
			v1alpha1.KindMacvlan: netdev.Macvlan{},
			v1alpha1.KindIpvlan:  netdev.Ipvlan{},
			v1alpha1.KindVeth:    netdev.Veth{},
			v1alpha1.KindDummy:   netdev.Dummy{},
			v1alpha1.KindIpoib:   netdev.Ipoib{},

			v1alpha1.KindSriovVf:    netdev.SriovVf{},
			v1alpha1.KindHostDevice: netdev.HostDevice{},
		},
		v1alpha1.TypeRDMA: {
			v1alpha1.KindUverbs: rdma.Uverbs{},
		},
	}, Combos: map[v1alpha1.Kind]Combo{
		v1alpha1.KindRoce: combo.Roce{},
	}}
}

// Parts returns what netagent has to attach for a configuration: the device
// itself, or the parts of a combination.
func (t Table) Parts(c *v1alpha1.DeviceConfig) []combo.Part {
	if of := t.Combos[c.DeviceKind()]; of != nil && c.Type == v1alpha1.TypeCombo {
		return of.Parts(c)
	}
	return []combo.Part{{Config: c}}
}

// For returns the handler of a configuration that is no combination.
func (t Table) For(c *v1alpha1.DeviceConfig) (Handler, error) {
	kind := c.DeviceKind()
	if h := t.Handlers[c.Type][kind]; h != nil {
		return h, nil
	}
	return nil, field.Invalid(field.NewPath(string(c.Type), "kind"), kind,
		"this version of the driver cannot prepare it, only "+t.String())
}

// String lists the types and kinds, for people.
func (t Table) String() string {
	types := map[v1alpha1.Type]string{v1alpha1.TypeCombo: list(t.Combos)}
	for name, kinds := range t.Handlers {
		types[name] = list(kinds)
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(types)) {
		words = append(words, fmt.Sprintf("%s %s", name, types[name]))
	}
	return strings.Join(words, "; ")
}

func list[V any](kinds map[v1alpha1.Kind]V) string {
	var words []string
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		words = append(words, string(k))
	}
	return strings.Join(words, ", ")
}
