package ethtool

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sys/unix"
)

// group is a structure of words, some of which can be set.
type group struct {
	name     string // as in the configuration
	what     string // for people
	get, set uint32 // ETHTOOL_*
	words    int
	// fields are the words that can be set; most those that bound them, if the
	// structure has bounds: a field with a bound of 0 is not there.
	fields, most map[string]int
}

// See linux/ethtool.h: struct ethtool_ringparam, ethtool_channels and
// ethtool_coalesce.
var (
	rings = group{
		name: "rings", what: "ring sizes", get: unix.ETHTOOL_GRINGPARAM, set: unix.ETHTOOL_SRINGPARAM, words: 9,
		most:   map[string]int{"rx": 1, "rxMini": 2, "rxJumbo": 3, "tx": 4},
		fields: map[string]int{"rx": 5, "rxMini": 6, "rxJumbo": 7, "tx": 8},
	}
	channels = group{
		name: "channels", what: "channels", get: unix.ETHTOOL_GCHANNELS, set: unix.ETHTOOL_SCHANNELS, words: 9,
		most:   map[string]int{"rx": 1, "tx": 2, "other": 3, "combined": 4},
		fields: map[string]int{"rx": 5, "tx": 6, "other": 7, "combined": 8},
	}
	coalesce = group{
		name: "coalesce", what: "coalescing", get: unix.ETHTOOL_GCOALESCE, set: unix.ETHTOOL_SCOALESCE, words: 23,
		fields: map[string]int{
			"rxUsecs": 1, "rxFrames": 2, "rxUsecsIrq": 3, "rxFramesIrq": 4,
			"txUsecs": 5, "txFrames": 6, "txUsecsIrq": 7, "txFramesIrq": 8,
			"statsBlockUsecs": 9, "adaptiveRx": 10, "adaptiveTx": 11,
			"pktRateLow": 12, "rxUsecsLow": 13, "rxFramesLow": 14, "txUsecsLow": 15, "txFramesLow": 16,
			"pktRateHigh": 17, "rxUsecsHigh": 18, "rxFramesHigh": 19, "txUsecsHigh": 20, "txFramesHigh": 21,
			"sampleInterval": 22,
		},
	}
)

// read returns the fields that the device has; nil when it has none of them.
func (d *Device) read(g group) (map[string]uint32, error) {
	now, err := d.get(g)
	if err != nil || now == nil {
		return nil, err
	}
	values := map[string]uint32{}
	for field, at := range g.fields {
		if g.has(now, field) {
			values[field] = word(now, at)
		}
	}
	return values, nil
}

// get returns the structure; nil when the driver does not have it.
func (d *Device) get(g group) ([]byte, error) {
	b := make([]byte, g.words*sizeofWord)
	setWord(b, 0, g.get)
	if err := d.do(b); absent(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return b, nil
}

func (g group) has(now []byte, field string) bool {
	at, bounded := g.most[field]
	return !bounded || word(now, at) > 0
}

// changeGroup sets the fields that differ, all at once, for the driver checks
// them together. With had they are read again: a driver may round them.
func (d *Device) changeGroup(g group, want map[string]uint32, had bool) error {
	if len(want) == 0 {
		return nil
	}
	now, err := d.get(g)
	if err != nil {
		return &Error{Field: g.name, Err: err}
	}
	if err := g.lacks(now, want); err != nil {
		return err
	}
	changed := g.patch(now, want)
	if len(changed) == 0 {
		return nil
	}
	setWord(now, 0, g.set)
	if err := d.do(now); err != nil {
		return g.refused(now, want, changed, err)
	}
	if !had {
		return nil
	}
	return d.kept(g, want)
}

// lacks names the fields that the device does not have.
func (g group) lacks(now []byte, want map[string]uint32) error {
	var errs []error
	for _, field := range slices.Sorted(maps.Keys(want)) {
		_, known := g.fields[field]
		switch {
		case now == nil:
			errs = append(errs, &Error{Field: g.name + "." + field, Value: want[field], Err: errors.New("the device has no " + g.what + " to set")})
		case !known || !g.has(now, field):
			errs = append(errs, &Error{Field: g.name + "." + field, Value: want[field], Err: fmt.Errorf("the device has none, only %s", nearest(field, g.present(now)))})
		}
	}
	return errors.Join(errs...)
}

func (g group) present(now []byte) (fields []string) {
	for field := range g.fields {
		if g.has(now, field) {
			fields = append(fields, field)
		}
	}
	return fields
}

// patch puts what is wanted into the structure and says what that changes.
func (g group) patch(now []byte, want map[string]uint32) (changed []string) {
	for _, field := range slices.Sorted(maps.Keys(want)) {
		if at := g.fields[field]; word(now, at) != want[field] {
			setWord(now, at, want[field])
			changed = append(changed, field)
		}
	}
	return changed
}

// refused says which fields the driver was asked for. It does not tell which one
// it minds; a bound that is passed is known.
func (g group) refused(now []byte, want map[string]uint32, changed []string, err error) error {
	var errs []error
	for _, field := range changed {
		if at, bounded := g.most[field]; bounded && want[field] > word(now, at) {
			errs = append(errs, &Error{Field: g.name + "." + field, Value: want[field], Err: fmt.Errorf("%w: the device has at most %d", err, word(now, at))})
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for _, field := range changed {
		errs = append(errs, &Error{Field: g.name + "." + field, Value: want[field], Err: fmt.Errorf("the driver refuses it: %w", err)})
	}
	return errors.Join(errs...)
}

func (d *Device) kept(g group, want map[string]uint32) error {
	now, err := d.read(g)
	if err != nil {
		return &Error{Field: g.name, Err: err}
	}
	var errs []error
	for _, field := range slices.Sorted(maps.Keys(want)) {
		if now[field] != want[field] {
			errs = append(errs, &Error{Field: g.name + "." + field, Value: want[field], Err: fmt.Errorf("the driver made %d of it: ask for a value that it can have", now[field])})
		}
	}
	return errors.Join(errs...)
}
