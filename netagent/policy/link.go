package policy

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
)

// minMTU is the smallest MTU of an Ethernet link, and of IPv4.
const minMTU = 68

// checkParent holds the rules for every link that a request names.
func (r Rules) checkParent(field, name string, l *Link) error {
	switch {
	case name == "." || name == "..":
		return refuse(Malformed, field, name, "not a link's name")
	case !r.allowed(name):
		return refuse(Forbidden, field, name, "not among the links that --allow-parents allows")
	case l == nil:
		return refuse(NotReady, field, name, "the node has no link of this name")
	case l.Loopback:
		return refuse(Forbidden, field, name, "the loopback link cannot be shared; name a network card, a bond or a bridge")
	case l.Hawser:
		return refuse(Forbidden, field, name, "the link belongs to a claim; name one of the node's own")
	}
	return nil
}

// checkUpper holds the rules for links that new ones are stacked on.
func (r Rules) checkUpper(field, name string, l *Link) error {
	if err := r.checkParent(field, name, l); err != nil {
		return err
	}
	if l.Enslaved {
		return refuse(Forbidden, field, name, "the link is a port of a bridge, a bond or a VRF; name that instead")
	}
	return nil
}

// checkMTU allows 0, which leaves the choice to the kernel, and what lies
// between the smallest MTU and most; with most 0 there is no upper bound.
func checkMTU(field string, mtu, most uint32) error {
	if mtu == 0 {
		return nil
	}
	if mtu < minMTU {
		return refuse(Malformed, field, mtu, "must be at least "+strconv.Itoa(minMTU))
	}
	if most != 0 && mtu > most {
		return refuse(Forbidden, field, mtu, fmt.Sprintf("must be at most %d, that of the link it is made on", most))
	}
	return nil
}

// checkMAC allows an empty address, which leaves the choice to the kernel, and
// that of one station.
func checkMAC(field string, mac []byte) error {
	if len(mac) == 0 {
		return nil
	}
	text := net.HardwareAddr(mac).String()
	if bytes.Count(mac, []byte{0}) == len(mac) {
		return refuse(Malformed, field, text, "must not be zero; leave it out to have one chosen")
	}
	if mac[0]&1 != 0 {
		return refuse(Malformed, field, text, "must not be multicast: the first byte must be even")
	}
	return nil
}
