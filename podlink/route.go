package podlink

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/api/layer3"
	"github.com/hawser-dra/hawser/podlink/rtnl"
)

// routes makes the routes through the link. Those that an earlier run made and
// that are not wanted as they are go first.
func (s *settler) routes() error {
	want, err := s.parseRoutes()
	if err != nil {
		return err
	}
	have, err := rtnl.Routes(s.link.Index)
	if err != nil {
		return fmt.Errorf("routes of %s: %w", s.link.Name, err)
	}
	for _, r := range have {
		if r.Origin != origin || slices.Contains(want, r) {
			continue
		}
		if err := rtnl.DeleteRoute(s.link.Index, r); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("old route to %s of %s cannot be removed: %w", r.Destination, s.link.Name, err)
		}
	}
	// Those without a gateway first: others may need them to reach theirs.
	for _, viaGateway := range []bool{false, true} {
		for i, r := range want {
			if r.Gateway.IsValid() != viaGateway || slices.Contains(have, r) {
				continue
			}
			if err := s.addRoute(r); err != nil {
				return s.failed("routes", i, r.Destination, err)
			}
		}
	}
	return nil
}

// addRoute leaves the pod's other routes as they are, but for a default route,
// which is the interface's to have if it has one at all.
func (s *settler) addRoute(r rtnl.Route) error {
	if r.Destination.Bits() == 0 && r.Table == layer3.TableMain {
		return rtnl.ReplaceRoute(s.link.Index, r)
	}
	err := rtnl.AddRoute(s.link.Index, r)
	if errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("the pod has another route there with metric %d in table %d: %w", r.Metric, r.Table, err)
	}
	return err
}

func (s *settler) parseRoutes() ([]rtnl.Route, error) {
	want := make([]rtnl.Route, 0, len(s.want.Routes))
	for _, r := range s.want.Routes {
		spec, err := r.Parse()
		if err != nil {
			return nil, err
		}
		want = append(want, rtnl.Route{
			Destination: spec.Destination, Gateway: spec.Gateway, Source: spec.Source, Scope: spec.Scope,
			Metric: spec.Metric, MTU: spec.MTU, Table: s.want.RouteKey(spec).Table, OnLink: spec.OnLink, Origin: origin,
		})
	}
	return want, nil
}
