package validate

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	resourceapi "k8s.io/api/resource/v1"

	"github.com/hawser-dra/hawser/api/config/v1alpha1"
)

// layer is the parameters of one configuration entry and where they are.
type layer struct {
	v1alpha1.Layer
	place    // of the parameters
	entry    place
	requests []string // that it is for; none: all
}

func (c *Checker) classLayers(cl *class, request string) (layers []layer) {
	for i, e := range cl.spec.Config {
		layers = append(layers, c.layer(cl.child("config").index(i), e.DeviceConfiguration, true, request)...)
	}
	return layers
}

func (c *Checker) claimLayers(cl *claimSpec) (layers []layer) {
	for i, e := range cl.spec.Config {
		layers = append(layers, c.layer(cl.child("config").index(i), e.DeviceConfiguration, false, e.Requests...)...)
	}
	return layers
}

// layer returns the parameters for this driver, if that is what they are.
func (c *Checker) layer(entry place, e resourceapi.DeviceConfiguration, class bool, requests ...string) []layer {
	if e.Opaque == nil || e.Opaque.Driver != c.cfg.Driver {
		return nil
	}
	return []layer{{
		Layer: v1alpha1.Layer{Parameters: e.Opaque.Parameters.Raw, Class: class},
		place: entry.child("opaque", "parameters"), entry: entry, requests: requests,
	}}
}

// applies says whether the layer is for a request, or for one of which that is an
// alternative.
func (l *layer) applies(request string) bool {
	whole, _, _ := strings.Cut(request, "/")
	return len(l.requests) == 0 || slices.Contains(l.requests, request) || slices.Contains(l.requests, whole)
}

// value returns what the layer says at a path such as netdev.addresses[0], of
// which only the part before an index is looked at.
func (l *layer) value(path string) (value any, ok bool) {
	path, _, _ = strings.Cut(path, "[")
	if json.Unmarshal(l.Parameters, &value) != nil {
		return nil, false
	}
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		if value, ok = object[name]; !ok {
			return nil, false
		}
	}
	return value, true
}

// text is the last layer's value at a path that is a string.
func text(layers []layer, path string) string {
	for _, l := range slices.Backward(layers) {
		if v, ok := l.value(path); ok {
			s, _ := v.(string)
			return s
		}
	}
	return ""
}

// blame returns the layer that an error about the value at a path is about: the
// last one that says it, or else the last one that says something else there, or
// else the last one.
func blame(layers []layer, path string, bad any) *layer {
	var says, sets *layer
	for i := range layers {
		v, ok := layers[i].value(path)
		if !ok {
			continue
		}
		sets = &layers[i]
		if reflect.DeepEqual(v, bad) {
			says = sets
		}
	}
	switch {
	case says != nil:
		return says
	case sets != nil:
		return sets
	case len(layers) > 0:
		return &layers[len(layers)-1]
	}
	return nil
}
