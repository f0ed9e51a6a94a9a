package ethtool

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sys/unix"
)

// privateFlags are a driver's own switches by their bits.
type privateFlags struct {
	names []string
	bits  uint32
}

func (d *Device) privateFlags() (privateFlags, error) {
	names, err := d.strings(privateFlagNames)
	if err != nil || len(names) == 0 {
		return privateFlags{}, err
	}
	message := words(unix.ETHTOOL_GPFLAGS, 0)
	if err := d.do(message); absent(err) {
		return privateFlags{}, nil
	} else if err != nil {
		return privateFlags{}, err
	}
	return privateFlags{names: names[:min(len(names), bitsOfWord)], bits: word(message, 1)}, nil
}

func (f privateFlags) all() map[string]bool {
	all := map[string]bool{}
	for bit, name := range f.names {
		all[name] = f.bits>>bit&1 == 1
	}
	return all
}

// changePrivateFlags sets one flag after the other, so that an error names the
// one that was refused.
func (d *Device) changePrivateFlags(want map[string]bool) error {
	if len(want) == 0 {
		return nil
	}
	f, err := d.privateFlags()
	if err != nil {
		return &Error{Field: "privateFlags", Err: err}
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(want)) {
		field, bit := "privateFlags["+name+"]", slices.Index(f.names, name)
		if bit < 0 {
			errs = append(errs, &Error{Field: field, Value: want[name], Err: fmt.Errorf("the device has no such flag; it has %s", nearest(name, f.names))})
			continue
		}
		if f.bits>>bit&1 == 1 == want[name] {
			continue
		}
		if err := d.do(words(unix.ETHTOOL_SPFLAGS, f.bits^1<<bit)); err != nil {
			errs = append(errs, &Error{Field: field, Value: want[name], Err: fmt.Errorf("the driver refuses it: %w", err)})
			continue
		}
		if f, err = d.privateFlags(); err != nil { // a driver may switch others with it
			return errors.Join(append(errs, &Error{Field: "privateFlags", Err: err})...)
		}
	}
	return errors.Join(errs...)
}
