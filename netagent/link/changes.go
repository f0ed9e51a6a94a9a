package link

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Changes tells that something about the host's links may have changed: links,
// addresses, default routes.
type Changes struct {
	socket *nl.NetlinkSocket
}

// SubscribeChanges listens. Whoever subscribes reads the whole state
// afterwards, then waits.
func SubscribeChanges() (*Changes, error) {
	s, err := nl.Subscribe(unix.NETLINK_ROUTE, unix.RTNLGRP_LINK,
		unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV6_IFADDR, unix.RTNLGRP_IPV4_ROUTE, unix.RTNLGRP_IPV6_ROUTE, unix.RTNLGRP_NEXTHOP)
	if err != nil {
		return nil, fmt.Errorf("subscribe to changes of links, addresses and routes: %w", err)
	}
	return &Changes{socket: s}, nil
}

// Wait waits for a change. Changes that got lost for want of room are one.
func (c *Changes) Wait() error {
	for {
		messages, _, err := c.socket.Receive()
		if errors.Is(err, unix.ENOBUFS) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("receive changes of links: %w", err)
		}
		for _, m := range messages {
			if tells(m.Header.Type, m.Data) {
				return nil
			}
		}
	}
}

// tells says whether a message is of what links are offered by. Most routes are
// not: a node may have many thousands, and a router changes them all the time.
func tells(typ uint16, b []byte) bool {
	switch typ {
	case unix.RTM_NEWLINK, unix.RTM_DELLINK, unix.RTM_NEWADDR, unix.RTM_DELADDR, unix.RTM_NEWNEXTHOP, unix.RTM_DELNEXTHOP:
		return true
	case unix.RTM_NEWROUTE, unix.RTM_DELROUTE:
		out, object, err := parseDefaultRoute(b)
		return err != nil || len(out) > 0 || object != 0
	}
	return false
}

// Close ends the subscription, and a Wait that waits.
func (c *Changes) Close() { c.socket.Close() }
