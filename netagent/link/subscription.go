package link

import (
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// eventBuffer is room for the events of a burst: about 2 KiB each in the
// socket's accounting, for a thousand links that come and go three times.
const eventBuffer = 8 << 20

// Subscription receives what happens to the links of the host namespace.
type Subscription struct {
	socket *nl.NetlinkSocket
}

// Subscribe listens to links and namespace ids on one socket, so that their
// order is kept: an nsid is used again at once. Whoever subscribes reads the
// whole state afterwards, then receives.
func Subscribe() (*Subscription, error) {
	s, err := nl.Subscribe(unix.NETLINK_ROUTE, unix.RTNLGRP_LINK, unix.RTNLGRP_NSID)
	if err != nil {
		return nil, fmt.Errorf("subscribe to link events: %w", err)
	}
	if err := s.SetReceiveBufferSize(eventBuffer, true); err != nil {
		s.Close()
		return nil, fmt.Errorf("size the buffer of link events: %w", err)
	}
	return &Subscription{socket: s}, nil
}

// Receive waits for events. After an error some are lost (ENOBUFS) or may be:
// close the subscription, subscribe anew and read everything again.
func (s *Subscription) Receive() ([]Event, error) {
	messages, from, err := s.socket.Receive()
	if err != nil {
		return nil, fmt.Errorf("receive link events: %w", err)
	}
	if from.Pid != nl.PidKernel {
		return nil, nil // another process's message: no event, and no reason to stop
	}
	var events []Event
	for _, m := range messages {
		e, err := parseEvent(m)
		if err != nil {
			return events, fmt.Errorf("read a link event: %w", err)
		}
		if e != nil {
			events = append(events, e)
		}
	}
	return events, nil
}

// Close ends the subscription, and a Receive that waits.
func (s *Subscription) Close() { s.socket.Close() }
