package podlink

import (
	"fmt"

	"github.com/hawser-dra/hawser/api/layer3"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/podlink/rtnl"
)

// origin marks what podlink set, so that a later run knows it from what is the
// pod's. The kernel keeps 1 to 3 of an address's origins, and 0 to 4 of a route's,
// for itself.
const origin = 0x68

// settler makes one interface's settings.
type settler struct {
	link rtnl.Link
	want *layer3.Settings
	// path of the configuration that the settings are from, for errors.
	path string
}

// settle makes the settings and returns the addresses that the link has in the
// end. It may be repeated: what is right stays, what is wrong is made right, and
// nothing is there twice.
func settle(link rtnl.Link, d *record.Device) ([]string, error) {
	s := settler{link: link, want: &d.Link.Settings, path: "netdev"}
	if d.RDMA != nil {
		s.path = "combo.netdev"
	}
	// The order is the kernel's: sysctls say whether there is IPv6 at all; a link
	// that becomes a VRF's goes down for a moment, and one that goes down loses its
	// v6 addresses and its routes; a route needs the subnet of its gateway and the
	// address of its source.
	for _, step := range []func() error{s.sysctls, s.vrf, s.up, s.addresses, s.routes, s.rules, s.neighbors} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return present(link)
}

func (s *settler) up() error {
	if err := rtnl.SetUp(s.link.Index); err != nil {
		return fmt.Errorf("interface %s cannot be brought up: %w", s.link.Name, err)
	}
	return nil
}

// failed says which setting could not be made, and why, in the kernel's words.
func (s *settler) failed(field string, i int, what any, err error) error {
	return fmt.Errorf("%s.%s[%d]: %v cannot be set on %s: %w", s.path, field, i, what, s.link.Name, err)
}
