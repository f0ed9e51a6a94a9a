package v1alpha1

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
)

// MaxParametersLength bounds one layer, as the API server does
// (resource.OpaqueParametersMaxLength).
const MaxParametersLength = 10 * 1024

// example is what errors about the shape as a whole show.
const example = `{"type": "netdev", "netdev": {"kind": "dummy"}}`

// Layer is the opaque parameters of one configuration entry.
type Layer struct {
	Parameters []byte
	// Class says that they come from the DeviceClass.
	Class bool
}

func (l Layer) source() string {
	if l.Class {
		return "device class"
	}
	return "claim"
}

// Check says what is wrong with the layer by itself: its form, before it is laid
// over others. It is part of [Decode].
func (l Layer) Check() error {
	_, err := decodeLayer(l)
	return err
}

// wrongType is a field whose value has the wrong JSON type.
type wrongType struct{ field, text string }

func (e *wrongType) Error() string { return e.field + ": " + e.text }

// FieldPath is as in the errors of sigs.k8s.io/json.
func (e *wrongType) FieldPath() string { return e.field }

// Decode makes one configuration of the layers that apply to a device, in the
// order in which the allocation lists them: classes first.
func Decode(layers []Layer) (*DeviceConfig, error) {
	if len(layers) == 0 {
		return nil, field.Required(field.NewPath("parameters"), "the claim or its device class must configure the device, for example "+example)
	}
	var m merger
	for _, l := range layers {
		object, err := decodeLayer(l)
		if err != nil {
			return nil, fmt.Errorf("parameters of the %s: %w", l.source(), err)
		}
		if err := m.add(object, l.Class); err != nil {
			return nil, err
		}
	}
	c, err := m.config()
	if err != nil {
		return nil, err
	}
	c.setDefaults()
	if errs := c.validate(); len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	return c, nil
}

// decodeLayer checks the form of one layer and returns it as a JSON object.
func decodeLayer(l Layer) (map[string]any, error) {
	if len(l.Parameters) > MaxParametersLength {
		return nil, field.TooLong(nil, "", MaxParametersLength)
	}
	if trimmed := bytes.TrimSpace(l.Parameters); len(trimmed) == 0 || trimmed[0] != '{' {
		return nil, fmt.Errorf("%s is not an object: must be one such as %s", abridge(trimmed), example)
	}
	var object map[string]any
	if err := strictly(l.Parameters, &object); err != nil {
		return nil, err
	}
	if err := checkAddresses(object); err != nil {
		return nil, err
	}
	var c DeviceConfig
	if err := strictly(l.Parameters, &c); err != nil {
		return nil, err
	}
	if err := c.checkHeader(l.Class); err != nil {
		return nil, err
	}
	for _, key := range []string{"apiVersion", "kind", "overridable"} {
		delete(object, key)
	}
	if len(c.Overridable) > 0 {
		object["overridable"] = c.Overridable
	}
	return object, nil
}

// strictly refuses duplicates and what into does not have.
func strictly(b []byte, into any) error {
	strict, err := kjson.UnmarshalStrict(b, into)
	if err != nil {
		return typeError(err)
	}
	return errors.Join(strict...)
}

func (c *DeviceConfig) checkHeader(class bool) error {
	if c.APIVersion != "" && c.APIVersion != APIVersion {
		return field.NotSupported(field.NewPath("apiVersion"), c.APIVersion, []string{APIVersion})
	}
	if c.Kind != "" && c.Kind != ConfigKind {
		return field.NotSupported(field.NewPath("kind"), c.Kind, []string{ConfigKind})
	}
	if len(c.Overridable) > 0 && !class {
		return field.Forbidden(field.NewPath("overridable"), "only a DeviceClass may say what claims may override")
	}
	return nil
}

// typeError says which field has a value of the wrong JSON type.
func typeError(err error) error {
	var t *json.UnmarshalTypeError
	if !errors.As(err, &t) {
		return err
	}
	want := t.Type.String()
	switch {
	case t.Type.Kind().String() == "uint32":
		want = "a whole number from 0 to 4294967295"
	case t.Type.Kind().String() == "bool":
		want = "true or false"
	case t.Type.Kind().String() == "struct" || t.Type.Kind().String() == "map":
		want = "an object"
	case t.Type.Kind().String() == "slice":
		want = "a list"
	case t.Type.Kind().String() == "string":
		want = "a string"
	case t.Type.Kind().String() == "map":
		want = "an object"
	case t.Type.Kind().String() == "int32":
		want = "a whole number"
	}
	// An embedded type has no part in the form.
	path := strings.Replace(t.Field, "Settings.", "", 1)
	return &wrongType{path, fmt.Sprintf("is a JSON %s, must be %s", t.Value, want)}
}

// abridge keeps foreign text in errors short.
func abridge(b []byte) string {
	const most = 64
	s := strings.ToValidUTF8(string(b), "?")
	if len(s) > most {
		s = s[:most] + "…"
	}
	return fmt.Sprintf("%q", s)
}
