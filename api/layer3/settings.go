// Package layer3 is what podlink sets for an interface in the pod, and never on
// the host: addresses, routes, rules, neighbours, the VRF and sysctls.
//
// The same types are in the configuration (api/config), where users write them,
// and in the record (api/record), where podlink reads them as root: both ask
// [Settings.Validate], so that what is refused is refused twice by the same rules.
// Everything is bounded. It depends on the standard library alone, so that podlink
// stays small.
package layer3

import (
	"fmt"
)

// Bounds, which keep a record, and podlink's work at each container create, small.
const (
	MaxAddresses = 16
	MaxRoutes    = 32
	MaxRules     = 32
	MaxNeighbors = 64
)

// Settings of one interface.
type Settings struct {
	// Addresses, v4 and v6.
	Addresses []Address `json:"addresses,omitempty"`

	// DefaultRoute lets the interface have default routes in the main table. One
	// takes the place of the pod's own if it has the same metric.
	DefaultRoute bool `json:"defaultRoute,omitempty"`

	// Routes through the interface, v4 and v6.
	Routes []Route `json:"routes,omitempty"`

	// Rules say which traffic of the pod takes another table, v4 and v6.
	Rules []Rule `json:"rules,omitempty"`

	// Neighbors on the interface's link whose addresses are not asked for.
	Neighbors []Neighbor `json:"neighbors,omitempty"`

	// VRF that the interface belongs to. Default: none.
	VRF *VRF `json:"vrf,omitempty"`

	// Sysctls of the interface by family and key, such as ipv4.forwarding, of
	// those that SysctlKeys lists.
	Sysctls map[string]int32 `json:"sysctls,omitempty"`
}

// Reason says in which way a setting is wrong.
type Reason int

// The reasons.
const (
	Invalid Reason = iota
	Required
	Forbidden
	TooMany
	Duplicate
)

// Error is what is wrong with one field.
type Error struct {
	Reason Reason
	// Field is the path from the settings, such as routes[0].gateway.
	Field string
	// Value is what is there; for TooMany, how many.
	Value any
	// Detail says what would be right.
	Detail string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %.64q: %s", e.Field, fmt.Sprint(e.Value), e.Detail)
}

// below returns the error with the path that leads to its field.
func (e *Error) below(path string) *Error {
	if e == nil {
		return nil
	}
	at := *e
	at.Field = path
	if e.Field != "" {
		at.Field += "." + e.Field
	}
	return &at
}

func invalid(field string, value any, detail string) *Error {
	return &Error{Reason: Invalid, Field: field, Value: value, Detail: detail}
}

func forbidden(field string, value any, detail string) *Error {
	return &Error{Reason: Forbidden, Field: field, Value: value, Detail: detail}
}

// Validate returns all that is wrong.
func (s *Settings) Validate() (errs []*Error) {
	errs = append(errs, s.validateAddresses()...)
	errs = append(errs, s.validateRoutes()...)
	errs = append(errs, s.validateRules()...)
	errs = append(errs, s.validateNeighbors()...)
	errs = append(errs, s.validateVRF()...)
	return append(errs, s.validateSysctls()...)
}

// Fields names the settings that are there.
func (s *Settings) Fields() (names []string) {
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"addresses", len(s.Addresses) > 0},
		{"routes", len(s.Routes) > 0},
		{"rules", len(s.Rules) > 0},
		{"neighbors", len(s.Neighbors) > 0},
		{"vrf", s.VRF != nil},
		{"sysctls", len(s.Sysctls) > 0},
	} {
		if f.set {
			names = append(names, f.name)
		}
	}
	return names
}

// each checks the entries of a list, at most most of them. Two entries with one
// key are one too many.
func each[E any, K comparable](name string, list []E, most int, check func(E) (key K, err *Error)) (errs []*Error) {
	if len(list) > most {
		return []*Error{{Reason: TooMany, Field: name, Value: len(list), Detail: fmt.Sprintf("must have at most %d items", most)}}
	}
	seen := map[K]bool{}
	for i, entry := range list {
		key, err := check(entry)
		switch {
		case err != nil:
		case seen[key]:
			err = &Error{Reason: Duplicate, Value: fmt.Sprint(key)}
		default:
			seen[key] = true
		}
		if err != nil {
			errs = append(errs, err.below(fmt.Sprintf("%s[%d]", name, i)))
		}
	}
	return errs
}
