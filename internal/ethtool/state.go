package ethtool

import (
	"errors"
	"fmt"
)

// State is what is set of a device, by the kernel's names of features and
// private flags and the names here of the others. What the driver does not have,
// or is not meant, is not in it.
type State struct {
	// Features that can be changed: whether they are wanted.
	Features     map[string]bool   `json:"features,omitempty"`
	PrivateFlags map[string]bool   `json:"privateFlags,omitempty"`
	Rings        map[string]uint32 `json:"rings,omitempty"`
	Channels     map[string]uint32 `json:"channels,omitempty"`
	Coalesce     map[string]uint32 `json:"coalesce,omitempty"`
}

// Read returns all that can be set of the device.
func (d *Device) Read() (State, error) {
	var s State
	features, err := d.features()
	if err != nil {
		return s, fmt.Errorf("features of %s: %w", d.name, err)
	}
	s.Features = features.wanted()
	flags, err := d.privateFlags()
	if err != nil {
		return s, fmt.Errorf("private flags of %s: %w", d.name, err)
	}
	s.PrivateFlags = flags.all()
	for g, values := range s.groups() {
		if *values, err = d.read(g); err != nil {
			return s, fmt.Errorf("%s of %s: %w", g.name, d.name, err)
		}
	}
	return s, nil
}

// Apply brings the device to what s says and leaves the rest. It may be
// repeated: only what differs is changed. Each setting that the device lacks,
// or does not keep, is an [*Error]; the others are set all the same.
func (d *Device) Apply(s State) error { return d.change(s, true) }

// Restore is Apply for what [Device.Read] has returned: a feature that was wanted
// and could not be had need not be had now.
func (d *Device) Restore(s State) error { return d.change(s, false) }

// change sets in the order in which one may decide what is there of the next:
// private flags of some drivers choose the sizes that rings can have.
func (d *Device) change(s State, had bool) error {
	errs := []error{d.changePrivateFlags(s.PrivateFlags)}
	for g, values := range s.groups() {
		errs = append(errs, d.changeGroup(g, *values, had))
	}
	errs = append(errs, d.changeFeatures(s.Features, had))
	return errors.Join(errs...)
}

// groups are the settings that are numbers, in the order in which they are set.
func (s *State) groups() func(yield func(group, *map[string]uint32) bool) {
	return func(yield func(group, *map[string]uint32) bool) {
		_ = yield(channels, &s.Channels) && yield(rings, &s.Rings) && yield(coalesce, &s.Coalesce)
	}
}
