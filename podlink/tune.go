package podlink

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/internal/ethtool"
	"github.com/hawser-dra/hawser/podlink/rtnl"
)

// number is a setting of a link that is one.
type number struct {
	field string
	attr  uint16
	value *uint32
}

// numbers are in the order in which they are set: with a size for IPv6 and all,
// the kernel may set the one for IPv4 too.
func numbers(o *record.Offloads) []number {
	return []number{
		{"txQueueLen", rtnl.TxQueueLen, o.TxQueueLen},
		{"gsoMaxSize", rtnl.GSOMaxSize, o.GSOMaxSize},
		{"groMaxSize", rtnl.GROMaxSize, o.GROMaxSize},
		{"gsoIPv4MaxSize", rtnl.GSOIPv4MaxSize, o.GSOIPv4MaxSize},
		{"groIPv4MaxSize", rtnl.GROIPv4MaxSize, o.GROIPv4MaxSize},
	}
}

// tune sets what the claim wants of the link itself, and reads it back. All that
// is refused is in the error, by its field's path.
func tune(link rtnl.Link, d *record.Device) error {
	o := d.Link.Offloads
	if o == nil {
		return nil
	}
	path := "netdev"
	if d.RDMA != nil {
		path = "combo.netdev"
	}
	errs := []error{tuneDriver(link.Name, o.Ethtool)}
	for _, n := range numbers(o) {
		if n.value != nil {
			errs = append(errs, n.set(link.Index))
		}
	}
	errs = append(errs,
		setFlag(link.Index, "promiscuous", unix.IFF_PROMISC, o.Promiscuous),
		setFlag(link.Index, "allMulticast", unix.IFF_ALLMULTI, o.AllMulticast))
	return sentence(link.Name, path, errs)
}

// tuneDriver sets what the link's driver has of its own.
func tuneDriver(name string, e *record.Ethtool) error {
	if e == nil {
		return nil
	}
	d, err := ethtool.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return d.Apply(ethtool.State{
		Features: e.Features, PrivateFlags: e.PrivateFlags, Rings: e.Rings, Coalesce: e.Coalesce,
	})
}

// set leaves what is there already: for some drivers a change is a reset.
func (n number) set(index int32) error {
	now, err := rtnl.TuningOf(index)
	if err != nil {
		return fmt.Errorf("%s: %w", n.field, err)
	}
	had, known := now.Value(n.attr)
	switch {
	case !known:
		return fmt.Errorf("%s: %d: the node's kernel does not have it", n.field, *n.value)
	case had == *n.value:
		return nil
	}
	if err := rtnl.SetValue(index, n.attr, *n.value); err != nil {
		if most, ok := now.Value(rtnl.TSOMaxSize); ok && *n.value > most && (n.attr == rtnl.GSOMaxSize || n.attr == rtnl.GSOIPv4MaxSize) {
			return fmt.Errorf("%s: %d: %w: the device has at most %d (tso_max_size)", n.field, *n.value, err, most)
		}
		return fmt.Errorf("%s: %d: %w", n.field, *n.value, err)
	}
	if now, err = rtnl.TuningOf(index); err != nil {
		return fmt.Errorf("%s: %w", n.field, err)
	}
	if got, _ := now.Value(n.attr); got != *n.value {
		return fmt.Errorf("%s: %d: the kernel made %d of it", n.field, *n.value, got)
	}
	return nil
}

// setFlag leaves the flag alone that is as it is to be, or not mentioned: the
// kernel counts who wants it.
func setFlag(index int32, field string, flag uint32, on *bool) error {
	if on == nil {
		return nil
	}
	now, err := rtnl.TuningOf(index)
	if err == nil && now.Flags&flag != 0 != *on {
		err = rtnl.SetFlag(index, flag, *on)
	}
	if err != nil {
		return fmt.Errorf("%s: %v: %w", field, *on, err)
	}
	return nil
}

// sentence makes one line of what was refused, each with its path.
func sentence(name, path string, errs []error) error {
	all := errors.Join(errs...)
	if all == nil {
		return nil
	}
	return fmt.Errorf("interface %s: %s.%s", name, path, strings.ReplaceAll(all.Error(), "\n", "; "+path+"."))
}
