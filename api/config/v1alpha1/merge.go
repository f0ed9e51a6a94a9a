package v1alpha1

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// merger lays configuration layers over each other, field by field. What a
// class sets is fixed for the claim unless that class lists it as overridable;
// among layers of the same source the later one wins. Lists are replaced, not
// joined.
type merger struct {
	values map[string]any
	// fixed holds the path of each field that a class has set and keeps.
	fixed map[string]bool
}

func (m *merger) add(layer map[string]any, class bool) error {
	if m.values == nil {
		m.values, m.fixed = map[string]any{}, map[string]bool{}
	}
	overridable, _ := layer["overridable"].([]string)
	delete(layer, "overridable")
	return m.merge(m.values, layer, nil, class, overridable)
}

func (m *merger) merge(into, from map[string]any, path *field.Path, class bool, overridable []string) error {
	for key, value := range from {
		p := path.Child(key)
		if object, ok := value.(map[string]any); ok {
			below, _ := into[key].(map[string]any)
			if below == nil {
				below = map[string]any{}
				into[key] = below
			}
			if err := m.merge(below, object, p, class, overridable); err != nil {
				return err
			}
			continue
		}
		if !class && m.fixed[p.String()] && !reflect.DeepEqual(into[key], value) {
			return field.Forbidden(p, fmt.Sprintf("the device class sets it to %v and does not let claims change it", into[key]))
		}
		into[key] = value
		if class {
			m.fixed[p.String()] = !covers(overridable, p.String())
		}
	}
	return nil
}

// config returns the layers as one value.
func (m *merger) config() (*DeviceConfig, error) {
	b, err := json.Marshal(m.values)
	if err != nil {
		return nil, err
	}
	c := new(DeviceConfig)
	return c, json.Unmarshal(b, c)
}

// covers says whether path is in list, or below one of it.
func covers(list []string, path string) bool {
	for _, l := range list {
		if path == l || strings.HasPrefix(path, l+".") {
			return true
		}
	}
	return false
}
