package v1alpha1

import (
	"encoding/json"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"github.com/hawser-dra/hawser/api/layer3"
)

// lengthInfiniBand is that of an InfiniBand hardware address.
const lengthInfiniBand = 20

// address is [layer3.Address] in its long form alone, which can be read strictly.
type address layer3.Address

// checkAddresses checks the form of the addresses of a layer: each is a string or
// an object. The decoder leaves that to the type, which does not know its path.
func checkAddresses(object map[string]any) error {
	netdev, _ := object["netdev"].(map[string]any)
	combo, _ := object["combo"].(map[string]any)
	part, _ := combo["netdev"].(map[string]any)
	return errors.Join(
		checkAddressList(netdev["addresses"], "netdev.addresses"),
		checkAddressList(part["addresses"], "combo.netdev.addresses"))
}

func checkAddressList(addresses any, path string) error {
	list, _ := addresses.([]any) // what is no list is refused by the decoder
	var errs []error
	for i, a := range list {
		if err := checkAddressForm(a, fmt.Sprintf("%s[%d]", path, i)); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func checkAddressForm(a any, path string) error {
	switch a.(type) {
	case string:
		return nil
	case map[string]any:
	default:
		return fmt.Errorf("%s: must be an address such as 192.0.2.1/24, or an object that has one", path)
	}
	b, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	strict, err := kjson.UnmarshalStrict(b, new(address))
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		t.Field = path + "." + t.Field
	}
	for _, s := range strict {
		if f, ok := errors.AsType[kjson.FieldError](s); ok {
			f.SetFieldPath(path + "." + f.FieldPath())
		}
	}
	if err != nil {
		return typeError(err)
	}
	return errors.Join(strict...)
}

// validateSettings says of layer 3 what [layer3] says, in the API's words.
func validateSettings(n *Netdev, path *field.Path) (errs field.ErrorList) {
	for _, e := range n.Validate() {
		errs = append(errs, fieldError(e, path))
	}
	if n.VRF != nil && n.VRF.Name != "" && n.VRF.Name == n.InterfaceName {
		errs = append(errs, field.Invalid(path.Child("vrf", "name"), n.VRF.Name, "must be another than interfaceName: the VRF is a link of its own"))
	}
	return append(errs, validateNeighbors(n, path.Child("neighbors"))...)
}

// validateNeighbors holds hardware addresses to those of the kind.
func validateNeighbors(n *Netdev, path *field.Path) (errs field.ErrorList) {
	for i, neighbor := range n.Neighbors {
		spec, err := neighbor.Parse()
		if err == nil && (len(spec.MAC) == lengthInfiniBand) != (n.Kind == KindIpoib) {
			errs = append(errs, field.Invalid(path.Index(i).Child("macAddress"), neighbor.MACAddress, "must have 6 bytes, or 20 for an ipoib"))
		}
	}
	return errs
}

func fieldError(e *layer3.Error, path *field.Path) *field.Error {
	types := map[layer3.Reason]field.ErrorType{
		layer3.Invalid:   field.ErrorTypeInvalid,
		layer3.Required:  field.ErrorTypeRequired,
		layer3.Forbidden: field.ErrorTypeForbidden,
		layer3.TooMany:   field.ErrorTypeTooMany,
		layer3.Duplicate: field.ErrorTypeDuplicate,
	}
	return &field.Error{Type: types[e.Reason], Field: path.Child(e.Field).String(), BadValue: e.Value, Detail: e.Detail}
}
