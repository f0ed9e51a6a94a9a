package layer3

import (
	"fmt"
	"net/netip"
)

// Tables of the kernel's own: the main one is had by naming none.
const (
	tableDefault = 253
	// TableMain is the one that a route goes to by default.
	TableMain  = 254
	tableLocal = 255
)

// Bounds of a route's MTU.
const (
	minMTU4 = 68
	minMTU6 = 1280
	maxMTU  = 65535
)

// The kernel's numbers for the scopes of v4 routes (linux/rtnetlink.h), and the
// metric of a v6 route that names none (linux/ipv6_route.h).
const (
	ScopeGlobal   = 0
	ScopeLink     = 253
	ScopeHost     = 254
	metricOfIPv6  = 1024
	wantSubnet    = "must be a subnet such as 10.0.0.0/8 or 2001:db8::/32"
	wantTable     = "must be a table's number, 1 to 4294967295, and not 253 to 255, which are the kernel's"
	wantTableMain = wantTable + ": leave it out for the main table"
)

var scopes = map[string]uint8{"global": ScopeGlobal, "link": ScopeLink, "host": ScopeHost}

// Route goes through the interface.
type Route struct {
	// Destination is a subnet, such as 10.0.0.0/8.
	Destination string `json:"destination,omitempty"`
	// Gateway is the next hop, in a subnet of the interface. Default: none, the
	// destination is on the link itself.
	Gateway string `json:"gateway,omitempty"`
	// Source is the pod's address that is preferred for what goes there.
	Source string `json:"source,omitempty"`
	// Scope is global, link or host; v4 alone. Default: link without a gateway,
	// global with one.
	Scope string `json:"scope,omitempty"`
	// Metric: the route with the least is taken. Default: the kernel's, 0 for v4
	// and 1024 for v6.
	Metric *uint32 `json:"metric,omitempty"`
	// MTU of the path, in bytes.
	MTU *uint32 `json:"mtu,omitempty"`
	// Table, 1 to 4294967295 but 253 to 255. Default: that of the VRF, or main.
	Table *uint32 `json:"table,omitempty"`
	// OnLink says that the gateway is on the link though no subnet says so.
	OnLink bool `json:"onLink,omitempty"`
}

// RouteSpec is a route that was read.
type RouteSpec struct {
	Destination     netip.Prefix
	Gateway, Source netip.Addr // the zero Addr is none
	Scope           uint8
	Metric          uint32
	MTU             uint32 // 0 is none
	Table           uint32 // 0 is that of the VRF, or main
	OnLink          bool
}

// RouteKey is what two routes of a pod cannot have in common.
type RouteKey struct {
	Destination netip.Prefix
	Metric      uint32
	Table       uint32
}

func (k RouteKey) String() string {
	return fmt.Sprintf("%s with metric %d in table %d", k.Destination, k.Metric, k.Table)
}

// Default says whether everything goes there that no other route is for.
func (r RouteSpec) Default() bool { return r.Destination.Bits() == 0 }

// Parse reads a route.
func (r Route) Parse() (s RouteSpec, err *Error) {
	if s.Destination, err = parseSubnet("destination", r.Destination); err != nil {
		return s, err
	}
	v4 := s.Destination.Addr().Is4()
	if s.Gateway, err = parseHost("gateway", r.Gateway, v4); err != nil {
		return s, err
	}
	if s.Source, err = parseHost("source", r.Source, v4); err != nil {
		return s, err
	}
	if s.OnLink = r.OnLink; s.OnLink && !s.Gateway.IsValid() {
		return s, invalid("onLink", true, "needs a gateway")
	}
	if s.Scope, err = r.scope(v4); err != nil {
		return s, err
	}
	if s.MTU, err = r.mtu(v4); err != nil {
		return s, err
	}
	s.Metric = r.metric(v4)
	s.Table, err = parseTable("table", r.Table, wantTableMain)
	return s, err
}

func (r Route) scope(v4 bool) (uint8, *Error) {
	scope, known := scopes[r.Scope]
	switch {
	case r.Scope == "" && v4 && r.Gateway == "":
		return ScopeLink, nil
	case r.Scope == "":
		return ScopeGlobal, nil
	case !v4:
		return 0, forbidden("scope", r.Scope, "an IPv6 route has none")
	case !known:
		return 0, invalid("scope", r.Scope, "must be global, link or host")
	case r.Gateway != "" && scope != ScopeGlobal:
		return 0, invalid("scope", r.Scope, "must be global with a gateway")
	}
	return scope, nil
}

func (r Route) mtu(v4 bool) (uint32, *Error) {
	least := uint32(minMTU6)
	if v4 {
		least = minMTU4
	}
	switch {
	case r.MTU == nil:
		return 0, nil
	case *r.MTU < least || *r.MTU > maxMTU:
		return 0, invalid("mtu", *r.MTU, fmt.Sprintf("must be %d to %d bytes", least, maxMTU))
	}
	return *r.MTU, nil
}

// metric never is 0 for v6: the kernel takes that for its default.
func (r Route) metric(v4 bool) uint32 {
	switch {
	case r.Metric != nil && (v4 || *r.Metric != 0):
		return *r.Metric
	case v4:
		return 0
	}
	return metricOfIPv6
}

func parseSubnet(field, s string) (netip.Prefix, *Error) {
	if s == "" {
		return netip.Prefix{}, &Error{Reason: Required, Field: field, Detail: wantSubnet}
	}
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil || p.Addr().Is4In6():
		return p, invalid(field, s, wantSubnet)
	case p != p.Masked():
		return p, invalid(field, s, "must have no bits set beyond its prefix length, such as "+p.Masked().String())
	}
	return p, nil
}

// parseHost reads an optional address without a prefix length.
func parseHost(field, s string, v4 bool) (netip.Addr, *Error) {
	if s == "" {
		return netip.Addr{}, nil
	}
	a, err := netip.ParseAddr(s)
	switch {
	case err != nil || a.Zone() != "" || a.Is4In6() || a.IsMulticast() || a.IsUnspecified() || a.IsLoopback():
		return a, invalid(field, s, "must be a unicast address without a prefix length, such as 192.0.2.1 or 2001:db8::1")
	case a.Is4() != v4:
		return a, invalid(field, s, "must be of the same family as the destination")
	}
	return a, nil
}

func parseTable(field string, table *uint32, want string) (uint32, *Error) {
	switch {
	case table == nil:
		return 0, nil
	case *table == 0, *table >= tableDefault && *table <= tableLocal:
		return 0, invalid(field, *table, want)
	}
	return *table, nil
}

func (s *Settings) validateRoutes() []*Error {
	errs := each("routes", s.Routes, MaxRoutes, func(r Route) (RouteKey, *Error) {
		spec, err := r.Parse()
		if err == nil && spec.Default() && s.table(spec) == TableMain && !s.DefaultRoute {
			err = forbidden("destination", r.Destination, "a default route in the main table takes all traffic of the pod: say defaultRoute: true, if that is meant")
		}
		return s.RouteKey(spec), err
	})
	if s.DefaultRoute && len(errs) == 0 && !s.hasDefaultRoute() {
		errs = append(errs, invalid("defaultRoute", true, "needs a route to 0.0.0.0/0 or ::/0"))
	}
	return errs
}

func (s *Settings) hasDefaultRoute() bool {
	for _, r := range s.Routes {
		if spec, err := r.Parse(); err == nil && spec.Default() && s.table(spec) == TableMain {
			return true
		}
	}
	return false
}

// RouteKey of one of the settings' routes.
func (s *Settings) RouteKey(r RouteSpec) RouteKey {
	return RouteKey{Destination: r.Destination, Metric: r.Metric, Table: s.table(r)}
}

// table is the one that the route goes to.
func (s *Settings) table(r RouteSpec) uint32 {
	if r.Table != 0 {
		return r.Table
	}
	if s.VRF != nil && s.VRF.Table != nil {
		return *s.VRF.Table
	}
	return TableMain
}
