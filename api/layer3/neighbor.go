package layer3

import (
	"net"
	"net/netip"
)

// Neighbor is a permanent neighbour on the interface's link, which is not asked for
// its address.
type Neighbor struct {
	Address string `json:"address,omitempty"`
	// MACAddress has 6 bytes, for an ipoib 20.
	MACAddress string `json:"macAddress,omitempty"`
}

// NeighborSpec is a neighbour that was read.
type NeighborSpec struct {
	Address netip.Addr
	MAC     net.HardwareAddr
}

// Lengths of hardware addresses, of Ethernet and of InfiniBand.
const (
	lengthEthernet   = 6
	lengthInfiniBand = 20
)

// Parse reads a neighbour.
func (n Neighbor) Parse() (s NeighborSpec, err *Error) {
	const wantMAC = "must be a hardware address in hexadecimal, such as 02:00:00:00:00:01"
	address, parseErr := netip.ParseAddr(n.Address)
	switch {
	case n.Address == "":
		return s, &Error{Reason: Required, Field: "address", Detail: "must be an address on the link, such as 192.0.2.1"}
	case n.MACAddress == "":
		return s, &Error{Reason: Required, Field: "macAddress", Detail: wantMAC}
	case parseErr != nil:
		return s, invalid("address", n.Address, "must be an address on the link, such as 192.0.2.1")
	}
	if s.Address, err = parseHost("address", n.Address, address.Is4()); err != nil {
		return s, err
	}
	mac, macErr := net.ParseMAC(n.MACAddress)
	if macErr != nil || len(mac) != lengthEthernet && len(mac) != lengthInfiniBand {
		return s, invalid("macAddress", n.MACAddress, wantMAC)
	}
	s.MAC = mac
	return s, nil
}

func (s *Settings) validateNeighbors() []*Error {
	return each("neighbors", s.Neighbors, MaxNeighbors, func(n Neighbor) (netip.Addr, *Error) {
		spec, err := n.Parse()
		return spec.Address, err
	})
}
