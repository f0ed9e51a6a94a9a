package podlink

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/podlink/rtnl"
)

// vrf makes the link a port of its VRF, which is made unless it is there, from an
// earlier run or of another claim.
func (s *settler) vrf() error {
	want := s.want.VRF
	if want == nil {
		return nil
	}
	vrf, err := s.vrfLink(want.Name, *want.Table)
	if err == nil && !vrf.Up {
		err = rtnl.SetUp(vrf.Index)
	}
	if err == nil && s.link.Master != vrf.Index {
		err = rtnl.SetMaster(s.link.Index, vrf.Index)
	}
	if err != nil {
		return fmt.Errorf("%s.vrf: %s with table %d cannot be set on %s: %w", s.path, want.Name, *want.Table, s.link.Name, err)
	}
	return nil
}

// vrfLink finds the VRF or makes it.
func (s *settler) vrfLink(name string, table uint32) (rtnl.Link, error) {
	vrf, err := rtnl.LinkByName(name)
	if errors.Is(err, unix.ENODEV) {
		if err := rtnl.AddVRF(name, table); err != nil && !errors.Is(err, unix.EEXIST) {
			return vrf, err
		}
		vrf, err = rtnl.LinkByName(name)
	}
	switch {
	case err != nil:
		return vrf, err
	case vrf.Kind != rtnl.KindVRF:
		return vrf, fmt.Errorf("the pod has a link of that name that is no VRF")
	case vrf.Table != table:
		return vrf, fmt.Errorf("the pod's VRF of that name has table %d", vrf.Table)
	}
	return vrf, nil
}
