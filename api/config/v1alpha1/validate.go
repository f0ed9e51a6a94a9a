package v1alpha1

import (
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// rdmaName is netagent's bound on the name of an RDMA device.
var rdmaName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,63}$`)

// kinds lists the kinds of each type.
var kinds = map[Type][]Kind{
	TypeNetdev: {KindMacvlan, KindIpvlan, KindVeth, KindDummy, KindIpoib, KindSriovVf, KindHostDevice},
	TypeRDMA:   {KindUverbs},
	TypeCombo:  {KindRoce},
}

var types = []Type{TypeNetdev, TypeRDMA, TypeCombo}

func (c *DeviceConfig) validate() field.ErrorList {
	if c.Type == "" {
		return field.ErrorList{field.Required(field.NewPath("type"), "must be netdev, rdma or combo, for example "+example)}
	}
	if kinds[c.Type] == nil {
		return field.ErrorList{field.NotSupported(field.NewPath("type"), c.Type, types)}
	}
	errs := c.onlyPart()
	switch c.Type {
	case TypeNetdev:
		errs = append(errs, validateNetdev(c.Netdev, field.NewPath("netdev"))...)
	case TypeRDMA:
		errs = append(errs, validateRDMA(c.RDMA, field.NewPath("rdma"))...)
	case TypeCombo:
		errs = append(errs, validateCombo(c.Combo, field.NewPath("combo"))...)
	}
	return errs
}

// onlyPart refuses the parts that belong to another type.
func (c *DeviceConfig) onlyPart() (errs field.ErrorList) {
	parts := map[Type]bool{TypeNetdev: c.Netdev != nil, TypeRDMA: c.RDMA != nil, TypeCombo: c.Combo != nil}
	for _, t := range types {
		if parts[t] && t != c.Type {
			errs = append(errs, field.Forbidden(field.NewPath(string(t)), "must not be set when type is "+string(c.Type)))
		}
	}
	return errs
}

func validateRDMA(r *RDMA, path *field.Path) field.ErrorList {
	if r == nil {
		return field.ErrorList{field.Required(path, `must be set, for example {"kind": "uverbs"}`)}
	}
	if errs := validateKind(r.Kind, TypeRDMA, path); errs != nil {
		return errs
	}
	if r.PreferDevice != "" && !rdmaName.MatchString(r.PreferDevice) {
		return field.ErrorList{field.Invalid(path.Child("preferDevice"), r.PreferDevice,
			"must be the name of an RDMA device, such as mlx5_0: at most 63 letters, digits, dots, dashes and underscores")}
	}
	return nil
}

func validateCombo(c *Combo, path *field.Path) field.ErrorList {
	if c == nil {
		return field.ErrorList{field.Required(path, `must be set, for example {"kind": "roce", "netdev": {"kind": "dummy"}}`)}
	}
	errs := validateKind(c.Kind, TypeCombo, path)
	if c.Netdev != nil && c.Netdev.Kind == KindIpoib {
		return append(errs, field.Invalid(path.Child("netdev", "kind"), KindIpoib,
			"RoCE is RDMA over Ethernet, which an InfiniBand interface does not carry: claim the RDMA device (type rdma) and the ipoib (type netdev) one by one"))
	}
	if c.RDMA != nil {
		errs = append(errs, validateRDMA(c.RDMA, path.Child("rdma"))...)
	}
	return append(errs, validateNetdev(c.Netdev, path.Child("netdev"))...)
}

func validateKind(k Kind, t Type, path *field.Path) field.ErrorList {
	if k == "" {
		return field.ErrorList{field.Required(path.Child("kind"), "must be one of "+list(kinds[t]))}
	}
	for _, known := range kinds[t] {
		if k == known {
			return nil
		}
	}
	return field.ErrorList{field.NotSupported(path.Child("kind"), k, kinds[t])}
}

func list[T ~string](values []T) (s string) {
	for i, v := range values {
		if i > 0 {
			s += ", "
		}
		s += string(v)
	}
	return s
}
