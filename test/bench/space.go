package bench

import (
	"errors"
	"fmt"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/hawser-dra/hawser/test/bench/rig"
)

// newSpace makes a node's network namespace, with the link that others stand on.
// It has a carrier, as a network card has.
func newSpace() (*rig.Space, error) {
	s, err := rig.NewSpace()
	if err != nil {
		return nil, err
	}
	return s, s.Do(func() error {
		attrs := netlink.NewLinkAttrs()
		attrs.Name = parent
		if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: parent + "far"}); err != nil {
			return fmt.Errorf("make %s: %w", parent, err)
		}
		for _, name := range []string{"lo", parent, parent + "far"} {
			if err := up(name); err != nil {
				return err
			}
		}
		return nil
	})
}

func up(name string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(l)
}

// fill makes links that nobody claims, until the namespace has so many.
func fill(space *rig.Space, links int) error {
	return space.Do(func() error {
		have, err := netlink.LinkList()
		if err != nil {
			return err
		}
		for i := len(have); i < links; i += 2 {
			attrs := netlink.NewLinkAttrs()
			attrs.Name = fmt.Sprintf("f%d", i)
			if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: attrs.Name + "p"}); err != nil {
				return fmt.Errorf("make link %d: %w", i, err)
			}
		}
		return nil
	})
}

// linkIndices are the namespace's links.
func linkIndices() (map[string]int, error) {
	links, err := netlink.LinkList()
	if err != nil {
		return nil, fmt.Errorf("list links: %w", err)
	}
	indices := map[string]int{}
	for _, l := range links {
		indices[l.Attrs().Name] = l.Attrs().Index
	}
	return indices, nil
}

// patience bounds the wait for something that happens by itself.
const patience = time.Minute

// eventually waits until done.
func eventually(what string, done func() (bool, error)) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		switch ok, err := done(); {
		case err != nil:
			return fmt.Errorf("%s: %w", what, err)
		case ok:
			return nil
		case time.Now().After(deadline):
			return errors.New(what + ": not in time")
		}
	}
}
