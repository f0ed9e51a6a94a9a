package v1alpha1

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Bounds of a virtual function's settings.
const (
	// MaxVLAN is the last one that IEEE 802.1Q does not reserve.
	MaxVLAN = 4094
	// MaxVLANQoS is what the three bits of a tag's priority can say.
	MaxVLANQoS = 7
	// MaxRate in Mbit/s is faster than any card.
	MaxRate = 1000000
)

// The words of a virtual function's settings.
var (
	vlanProtos = []string{"802.1q", "802.1ad"}
	linkStates = []string{"auto", "enable", "disable"}
)

// validateVF checks the settings that a virtual function alone has.
func validateVF(n *Netdev, path *field.Path) field.ErrorList {
	if n.Kind != KindSriovVf {
		return n.noneOf(path)
	}
	var errs field.ErrorList
	errs = append(errs, validateMost(n.VLAN, MaxVLAN, path.Child("vlan"))...)
	errs = append(errs, validateMost(n.VLANQoS, MaxVLANQoS, path.Child("vlanQos"))...)
	errs = append(errs, validateMost(n.MinTxRate, MaxRate, path.Child("minTxRate"))...)
	errs = append(errs, validateMost(n.MaxTxRate, MaxRate, path.Child("maxTxRate"))...)
	errs = append(errs, validateChoice(n.Kind, n.VLANProto, vlanProtos, path.Child("vlanProto"))...)
	errs = append(errs, validateChoice(n.Kind, n.LinkState, linkStates, path.Child("linkState"))...)
	if n.VLAN == nil || *n.VLAN == 0 {
		const why = "needs a vlan of 1 to 4094"
		if n.VLANQoS != nil && *n.VLANQoS != 0 {
			errs = append(errs, field.Invalid(path.Child("vlanQos"), *n.VLANQoS, why))
		}
		if n.VLANProto != "" {
			errs = append(errs, field.Invalid(path.Child("vlanProto"), n.VLANProto, why))
		}
	}
	if n.MinTxRate != nil && n.MaxTxRate != nil && *n.MaxTxRate != 0 && *n.MinTxRate > *n.MaxTxRate {
		errs = append(errs, field.Invalid(path.Child("minTxRate"), *n.MinTxRate, fmt.Sprintf("must be at most maxTxRate, %d", *n.MaxTxRate)))
	}
	return errs
}

// noneOf refuses them for other kinds.
func (n *Netdev) noneOf(path *field.Path) (errs field.ErrorList) {
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"vlan", n.VLAN != nil}, {"vlanQos", n.VLANQoS != nil}, {"vlanProto", n.VLANProto != ""},
		{"spoofCheck", n.SpoofCheck != nil}, {"trust", n.Trust != nil},
		{"minTxRate", n.MinTxRate != nil}, {"maxTxRate", n.MaxTxRate != nil}, {"linkState", n.LinkState != ""},
	} {
		if f.set {
			errs = append(errs, field.Forbidden(path.Child(f.name), fmt.Sprintf("only an %s has it, not a %s", KindSriovVf, n.Kind)))
		}
	}
	return errs
}

func validateMost(value *uint32, most uint32, path *field.Path) field.ErrorList {
	if value == nil || *value <= most {
		return nil
	}
	return field.ErrorList{field.Invalid(path, *value, fmt.Sprintf("must be 0 to %d", most))}
}
