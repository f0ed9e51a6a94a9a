package podlink

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/podlink/rtnl"
)

// neighbors sets the permanent neighbours of the link. Those that an earlier run
// set and that are not wanted any more go.
func (s *settler) neighbors() error {
	want, err := s.parseNeighbors()
	if err != nil {
		return err
	}
	have, err := rtnl.Neighbors(s.link.Index)
	if err != nil {
		return fmt.Errorf("neighbours of %s: %w", s.link.Name, err)
	}
	for _, n := range have {
		if n.Origin != origin || wanted(n, want) {
			continue
		}
		if err := rtnl.DeleteNeighbor(s.link.Index, n); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("old neighbour %s of %s cannot be removed: %w", n.Address, s.link.Name, err)
		}
	}
	for i, n := range want {
		if err := rtnl.SetNeighbor(s.link.Index, n); err != nil {
			return s.failed("neighbors", i, n.Address, err)
		}
	}
	return nil
}

func wanted(n rtnl.Neighbor, want []rtnl.Neighbor) bool {
	for _, w := range want {
		if w.Address == n.Address {
			return true
		}
	}
	return false
}

func (s *settler) parseNeighbors() ([]rtnl.Neighbor, error) {
	want := make([]rtnl.Neighbor, 0, len(s.want.Neighbors))
	for _, n := range s.want.Neighbors {
		spec, err := n.Parse()
		if err != nil {
			return nil, err
		}
		want = append(want, rtnl.Neighbor{Address: spec.Address, MAC: spec.MAC, Origin: origin})
	}
	return want, nil
}
