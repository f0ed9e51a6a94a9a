package layer3

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// bound is what a sysctl may be.
type bound struct{ least, most int32 }

// onOff is the bound of a switch.
var onOff = bound{0, 1}

// sysctls are those of one interface (net.<family>.conf.<interface>.<key>) that a
// claim may set. For IPv6, forwarding makes the interface a router's; packets are
// forwarded only if the pod's net.ipv6.conf.all.forwarding says so too.
var sysctls = map[string]bound{
	"ipv4.accept_local":                onOff,
	"ipv4.accept_redirects":            onOff,
	"ipv4.arp_accept":                  {0, 2},
	"ipv4.arp_announce":                {0, 2},
	"ipv4.arp_filter":                  onOff,
	"ipv4.arp_ignore":                  {0, 8},
	"ipv4.arp_notify":                  onOff,
	"ipv4.drop_gratuitous_arp":         onOff,
	"ipv4.forwarding":                  onOff,
	"ipv4.ignore_routes_with_linkdown": onOff,
	"ipv4.promote_secondaries":         onOff,
	"ipv4.proxy_arp":                   onOff,
	"ipv4.proxy_arp_pvlan":             onOff,
	"ipv4.rp_filter":                   {0, 2},
	"ipv4.secure_redirects":            onOff,
	"ipv4.send_redirects":              onOff,
	"ipv4.src_valid_mark":              onOff,
	"ipv6.accept_dad":                  {0, 2},
	"ipv6.accept_ra":                   {0, 2},
	"ipv6.accept_ra_defrtr":            onOff,
	"ipv6.accept_ra_pinfo":             onOff,
	"ipv6.accept_redirects":            onOff,
	"ipv6.addr_gen_mode":               {0, 3},
	"ipv6.autoconf":                    onOff,
	"ipv6.dad_transmits":               {0, 10},
	"ipv6.disable_ipv6":                onOff,
	"ipv6.drop_unsolicited_na":         onOff,
	"ipv6.forwarding":                  onOff,
	"ipv6.hop_limit":                   {1, 255},
	"ipv6.ignore_routes_with_linkdown": onOff,
	"ipv6.keep_addr_on_down":           {-1, 1},
	"ipv6.ndisc_notify":                onOff,
	"ipv6.proxy_ndp":                   onOff,
	"ipv6.router_solicitations":        {-1, 10},
	"ipv6.suppress_frag_ndisc":         onOff,
	"ipv6.use_tempaddr":                {-1, 2},
}

// disableIPv6 leaves no IPv6 address to set.
const disableIPv6 = "ipv6.disable_ipv6"

// SysctlKeys lists what may be set.
func SysctlKeys() []string { return slices.Sorted(maps.Keys(sysctls)) }

// SysctlPath is the kernel's file of a key of SysctlKeys for an interface.
func SysctlPath(key, link string) string {
	family, name, _ := strings.Cut(key, ".")
	return fmt.Sprintf("/proc/sys/net/%s/conf/%s/%s", family, link, name)
}

func (s *Settings) validateSysctls() (errs []*Error) {
	for _, key := range slices.Sorted(maps.Keys(s.Sysctls)) {
		field, value := "sysctls["+key+"]", s.Sysctls[key]
		switch bound, known := sysctls[key]; {
		case !known:
			errs = append(errs, invalid("sysctls", key, "must be one of "+strings.Join(SysctlKeys(), ", ")))
		case value < bound.least || value > bound.most:
			errs = append(errs, invalid(field, value, fmt.Sprintf("must be %d to %d", bound.least, bound.most)))
		case key == disableIPv6 && value == 1 && s.hasIPv6():
			errs = append(errs, invalid(field, value, "must be 0 for the IPv6 addresses that are configured"))
		}
	}
	return errs
}

func (s *Settings) hasIPv6() bool {
	return slices.ContainsFunc(s.Addresses, func(a Address) bool { return strings.Contains(a.Address, ":") })
}
