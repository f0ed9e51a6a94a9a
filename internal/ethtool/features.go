package ethtool

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sys/unix"
)

// Words of a struct ethtool_get_features_block, and of what precedes the blocks.
const (
	featureHead  = 2
	featureBlock = 4
	available    = 0 // can be changed
	requested    = 1 // is wanted
	active       = 2 // is on
)

const bitsOfWord = 32

// features are those of a device by their bits.
type features struct {
	names []string // empty where a bit has none
	raw   []byte   // struct ethtool_gfeatures
}

func (d *Device) features() (features, error) {
	names, err := d.strings(featureNames)
	if err != nil || len(names) == 0 {
		return features{}, err
	}
	blocks := (len(names) + bitsOfWord - 1) / bitsOfWord
	f := features{names: names, raw: make([]byte, (featureHead+blocks*featureBlock)*sizeofWord)}
	setWord(f.raw, 0, unix.ETHTOOL_GFEATURES)
	setWord(f.raw, 1, uint32(blocks))
	if err := d.do(f.raw); absent(err) {
		return features{}, nil
	} else if err != nil {
		return features{}, err
	}
	return f, nil
}

func (f features) is(what, bit int) bool {
	return word(f.raw, featureHead+bit/bitsOfWord*featureBlock+what)>>(bit%bitsOfWord)&1 == 1
}

// changeable are the features that are not fixed.
func (f features) changeable() (names []string) {
	for bit, name := range f.names {
		if name != "" && f.is(available, bit) {
			names = append(names, name)
		}
	}
	return names
}

func (f features) wanted() map[string]bool {
	all := map[string]bool{}
	for bit, name := range f.names {
		if name != "" && f.is(available, bit) {
			all[name] = f.is(requested, bit)
		}
	}
	return all
}

// changeFeatures sets what differs. With had a feature must be as it is wanted,
// which another one that it needs may prevent.
func (d *Device) changeFeatures(want map[string]bool, had bool) error {
	if len(want) == 0 {
		return nil
	}
	f, err := d.features()
	if err != nil {
		return &Error{Field: "features", Err: err}
	}
	names := slices.Sorted(maps.Keys(want))
	message, errs := f.request(names, want)
	if message != nil {
		if err := d.do(message); err != nil {
			return errors.Join(append(errs, &Error{Field: "features", Err: fmt.Errorf("the driver refuses them: %w", err)})...)
		}
		if f, err = d.features(); err != nil {
			return &Error{Field: "features", Err: err}
		}
	}
	if had {
		errs = append(errs, f.missing(names, want)...)
	}
	return errors.Join(errs...)
}

// request is the struct ethtool_sfeatures for what differs, nil for nothing, and
// an error for each feature that cannot be set.
func (f features) request(names []string, want map[string]bool) (message []byte, errs []error) {
	blocks := (len(f.names) + bitsOfWord - 1) / bitsOfWord
	message = words(unix.ETHTOOL_SFEATURES, uint32(blocks))
	message = append(message, make([]byte, blocks*2*sizeofWord)...)
	differs := false
	for _, name := range names {
		bit := slices.Index(f.names, name)
		switch {
		case name == "" || bit < 0:
			errs = append(errs, feature(name, want[name], "the device has no such feature; it can change %s", nearest(name, f.changeable())))
		case !f.is(available, bit) && f.is(active, bit) != want[name]:
			errs = append(errs, feature(name, want[name], "the device has it fixed; it can change %s", nearest(name, f.changeable())))
		case f.is(available, bit) && f.is(requested, bit) != want[name]:
			differs = true
			at := featureHead + bit/bitsOfWord*2
			mask := uint32(1) << (bit % bitsOfWord)
			setWord(message, at, word(message, at)|mask)
			if want[name] {
				setWord(message, at+1, word(message, at+1)|mask)
			}
		}
	}
	if !differs {
		return nil, errs
	}
	return message, errs
}

func (f features) missing(names []string, want map[string]bool) (errs []error) {
	for _, name := range names {
		if bit := slices.Index(f.names, name); bit >= 0 && f.is(available, bit) && f.is(active, bit) != want[name] {
			errs = append(errs, feature(name, want[name], "the kernel takes it and it has no effect: another feature that it depends on is %s", onOff(!want[name])))
		}
	}
	return errs
}

func feature(name string, value bool, format string, args ...any) *Error {
	return &Error{Field: "features[" + name + "]", Value: value, Err: fmt.Errorf(format, args...)}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
