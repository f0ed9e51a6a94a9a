package layer3

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"regexp"
)

// Forever is the lifetime of an address that does not end.
const Forever = 1<<32 - 1

const wantAddress = "must be an address with a prefix length, such as 192.0.2.1/24 or 2001:db8::1/64"

// labelPattern is what fits into IFNAMSIZ, without what a terminal would not show.
var labelPattern = regexp.MustCompile(`^[!-~]{1,15}$`)

// Address of an interface. In JSON a string in CIDR form stands for one that has
// no other field.
type Address struct {
	// Address in CIDR form.
	Address string `json:"address,omitempty"`
	// Peer is the other end of a point-to-point link, in CIDR form. The address
	// itself has then its full length, /32 or /128.
	Peer string `json:"peer,omitempty"`
	// Label names the address for old tools, 1 to 15 bytes; v4 alone.
	Label string `json:"label,omitempty"`
	// NoDAD makes a v6 address usable at once, without a look for duplicates.
	// Default: true.
	NoDAD *bool `json:"noDAD,omitempty"`
	// NoPrefixRoute leaves out the route to the address's subnet.
	NoPrefixRoute bool `json:"noPrefixRoute,omitempty"`
	// PreferredLifetime and ValidLifetime in seconds, from the start of each
	// container. Default: for ever. An address that is not preferred any more is
	// not chosen for new connections, one that is not valid any more is gone.
	PreferredLifetime *uint32 `json:"preferredLifetime,omitempty"`
	ValidLifetime     *uint32 `json:"validLifetime,omitempty"`
}

// plainAddress has no methods, and so the fields alone as its form in JSON.
type plainAddress Address

// MarshalJSON writes the short form where it says everything.
func (a Address) MarshalJSON() ([]byte, error) {
	if a == (Address{Address: a.Address}) {
		return json.Marshal(a.Address)
	}
	return json.Marshal(plainAddress(a))
}

// UnmarshalJSON reads both forms. Unknown fields are errors.
func (a *Address) UnmarshalJSON(b []byte) error {
	*a = Address{}
	if b[0] != '{' {
		return json.Unmarshal(b, &a.Address)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode((*plainAddress)(a))
}

// AddressSpec is an address that was read.
type AddressSpec struct {
	Prefix             netip.Prefix
	Peer               netip.Prefix // the zero Prefix is none
	Label              string
	DAD, NoPrefixRoute bool
	Preferred, Valid   uint32
}

// Parse reads an address that an interface may have.
func (a Address) Parse() (s AddressSpec, err *Error) {
	if s.Prefix, err = parseAddress("address", a.Address); err != nil {
		return s, err
	}
	s.Label, s.NoPrefixRoute = a.Label, a.NoPrefixRoute
	s.DAD = a.NoDAD != nil && !*a.NoDAD
	v6 := s.Prefix.Addr().Is6()
	switch {
	case a.Label != "" && v6:
		return s, forbidden("label", a.Label, "an IPv6 address has none")
	case a.Label != "" && !labelPattern.MatchString(a.Label):
		return s, invalid("label", a.Label, "must have 1 to 15 bytes that can be printed, and no white space, such as net1:1")
	case a.NoDAD != nil && !v6:
		return s, forbidden("noDAD", *a.NoDAD, "the kernel looks for no duplicates of an IPv4 address")
	}
	if s.Peer, err = a.peer(s.Prefix); err != nil {
		return s, err
	}
	s.Preferred, s.Valid, err = a.lifetimes()
	return s, err
}

func (a Address) peer(address netip.Prefix) (netip.Prefix, *Error) {
	if a.Peer == "" {
		return netip.Prefix{}, nil
	}
	p, err := parseAddress("peer", a.Peer)
	switch {
	case err != nil:
		return p, err
	case p.Addr().Is4() != address.Addr().Is4():
		return p, invalid("peer", a.Peer, "must be of the address's family")
	case !address.IsSingleIP():
		return p, invalid("address", a.Address, "must have the prefix length of one address, /32 or /128, beside a peer")
	}
	return p, nil
}

func (a Address) lifetimes() (preferred, valid uint32, err *Error) {
	preferred, valid = Forever, Forever
	if a.ValidLifetime != nil {
		valid = *a.ValidLifetime
	}
	preferred = min(preferred, valid)
	if a.PreferredLifetime != nil {
		preferred = *a.PreferredLifetime
	}
	switch {
	case valid == 0:
		return 0, 0, invalid("validLifetime", valid, "must be 1 second or more")
	case preferred > valid:
		return 0, 0, invalid("preferredLifetime", preferred, "must be at most validLifetime")
	}
	return preferred, valid, nil
}

func parseAddress(field, s string) (netip.Prefix, *Error) {
	if s == "" {
		return netip.Prefix{}, &Error{Reason: Required, Field: field, Detail: wantAddress}
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, invalid(field, s, wantAddress)
	}
	if a := p.Addr(); a.Is4In6() || a.IsMulticast() || a.IsUnspecified() || a.IsLoopback() {
		return p, invalid(field, s, "must be a unicast address of an interface, such as 192.0.2.1/24 or 2001:db8::1/64")
	}
	return p, nil
}

func (s *Settings) validateAddresses() []*Error {
	return each("addresses", s.Addresses, MaxAddresses, func(a Address) (netip.Addr, *Error) {
		spec, err := a.Parse()
		if err != nil && err.Field == "address" && a == (Address{Address: a.Address}) {
			return netip.Addr{}, &Error{Reason: err.Reason, Value: err.Value, Detail: err.Detail} // of the short form
		}
		return spec.Prefix.Addr(), err
	})
}

// CIDRs returns the addresses in the one form that the API server accepts.
func (s *Settings) CIDRs() (c []string) {
	for _, a := range s.Addresses {
		if spec, err := a.Parse(); err == nil {
			c = append(c, spec.Prefix.String())
		}
	}
	return c
}
