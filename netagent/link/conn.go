package link

import (
	"context"
	"errors"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

const (
	// Sockets of a Conn. A deletion holds its socket for up to 20 ms (an RCU
	// grace period); with a few of them, look-ups of other claims go on.
	sockets = 4

	// Tries of a dump that the kernel reports as interrupted: links came or
	// went meanwhile, so that the list may lack some.
	dumpTries = 8

	// receiveSeconds is how long an answer may take. The kernel answers before
	// it takes the next request, so that only an answer that got lost takes long.
	receiveSeconds = 10
)

// Conn carries requests to the kernel, in the network namespace in which it was
// dialed. It may be used by many goroutines.
type Conn struct {
	free chan *nl.NetlinkSocket
}

// Dial opens a Conn in the network namespace of the calling thread.
func Dial() (*Conn, error) {
	c := &Conn{free: make(chan *nl.NetlinkSocket, sockets)}
	for range sockets {
		s, err := dialSocket()
		if err != nil {
			c.Close()
			return nil, err
		}
		c.free <- s
	}
	return c, nil
}

func dialSocket() (*nl.NetlinkSocket, error) {
	s, err := nl.Subscribe(unix.NETLINK_ROUTE) // to no group
	if err != nil {
		return nil, fmt.Errorf("open a route netlink socket: %w", err)
	}
	err = errors.Join(s.SetExtAck(true), s.SetReceiveTimeout(&unix.Timeval{Sec: receiveSeconds}))
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("set up the route netlink socket: %w", err)
	}
	return s, nil
}

// Close closes the sockets that no request holds. Nothing may be asked after it.
func (c *Conn) Close() {
	for {
		select {
		case s := <-c.free:
			s.Close()
		default:
			return
		}
	}
}

// request is a netlink message with what errors and traces say of it.
type request struct {
	op      string // such as "create macvlan hwabc"
	kind    string // of the link that is made; empty for other requests
	message *nl.NetlinkRequest
	reply   uint16 // type of the messages that answer it; 0: only an acknowledgement
}

// execute sends one request and returns the payloads of its reply. Every
// request of the package goes through here.
func (c *Conn) execute(ctx context.Context, r request) (payloads [][]byte, err error) {
	ctx, span := r.start(ctx)
	defer func() { r.end(span, payloads, err) }()
	var s *nl.NetlinkSocket
	select {
	case s = <-c.free:
		defer func() { c.free <- s }()
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", r.op, err)
	}
	payloads, err = exchange(s, r)
	if err != nil {
		return nil, &Error{Op: r.op, Err: err}
	}
	return payloads, nil
}

// exchange asks for an acknowledgement, which ends the answer to all but dumps.
func exchange(s *nl.NetlinkSocket, r request) ([][]byte, error) {
	r.message.Flags |= unix.NLM_F_ACK
	if err := s.Send(r.message); err != nil {
		return nil, err
	}
	answer := reply{seq: r.message.Seq, typ: r.reply}
	for !answer.done {
		messages, from, err := s.Receive()
		if err != nil {
			return nil, err
		}
		if from.Pid != nl.PidKernel {
			continue
		}
		for _, m := range messages {
			if err := answer.add(m); err != nil {
				return nil, err
			}
		}
	}
	return answer.payloads, nil
}

// dump executes a request for a list until the list is whole.
func (c *Conn) dump(ctx context.Context, r request) ([][]byte, error) {
	var err error
	for range dumpTries {
		var payloads [][]byte
		if payloads, err = c.execute(ctx, r); !errors.Is(err, errInterrupted) {
			return payloads, err
		}
	}
	return nil, err
}
