// Package agent is the driver's way to netagent: its three calls over the Unix
// socket that only the two containers mount.
//
// A call waits for netagent to be there, but not for longer than a caller who
// reports to the kubelet can use. It believes no answer unread: what breaks a
// bound of the API, names another claim or device than asked for, or points a
// device file outside of /dev/infiniband is an error. Errors read as a sentence
// and keep their gRPC status, see [status.FromError].
//
// The caller owes a context with a deadline and a Close at the end. Nothing is
// tried again here: each call is idempotent, so that whoever called does that.
package agent

import (
	"context"
	"fmt"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

const (
	// maxMessage is four times what 8 devices with 16 device files each take.
	maxMessage = 64 * 1024
	// maxWait for netagent to answer at all: the kubelet gives 45 s a call and
	// a pod's events should say why before that.
	maxWait = 10 * time.Second
	// maxRedial bounds the pause between two attempts to connect: netagent is
	// on the same node and back within a second after a restart.
	maxRedial = time.Second
)

// Client calls netagent. It may be used concurrently.
type Client struct {
	socket   string
	conn     *grpc.ClientConn
	netagent netagentv1.NetAgentClient
	validate protovalidate.Validator
}

// New returns a client of the netagent that listens, now or later, on socket.
// Options are added to those of the connection.
func New(socket string, opts ...grpc.DialOption) (*Client, error) {
	validate, err := protovalidate.New(protovalidate.WithMessages(
		&netagentv1.AttachResponse{}, &netagentv1.WatchResponse{}))
	if err != nil {
		return nil, fmt.Errorf("netagent's API: %w", err)
	}
	conn, err := grpc.NewClient("unix:"+socket, append(dialOptions(), opts...)...)
	if err != nil {
		return nil, fmt.Errorf("netagent at %s: %w", socket, err)
	}
	return &Client{
		socket:   socket,
		conn:     conn,
		netagent: netagentv1.NewNetAgentClient(conn),
		validate: validate,
	}, nil
}

func dialOptions() []grpc.DialOption {
	redial := backoff.DefaultConfig
	redial.BaseDelay = 50 * time.Millisecond
	redial.MaxDelay = maxRedial
	return []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: redial, MinConnectTimeout: maxWait}),
		grpc.WithIdleTimeout(0), // Watch is open all the time
		grpc.WithDisableServiceConfig(),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(maxMessage),
			grpc.MaxCallSendMsgSize(maxMessage),
		),
	}
}

// Close ends the connection and every call in flight.
func (c *Client) Close() error { return c.conn.Close() }

// Attach makes all devices of the request's claim ready in the host namespace,
// or none. The answer has one attachment for each device, in their order.
func (c *Client) Attach(ctx context.Context, req *netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	resp, err := c.netagent.Attach(ctx, req)
	if err != nil {
		return nil, explain(err)
	}
	if err := c.checkAttached(req, resp); err != nil {
		return nil, fmt.Errorf("netagent's answer is not to be trusted: %w", err)
	}
	return resp, nil
}

// Detach takes back everything that the claim has. A claim that has nothing is
// no error.
func (c *Client) Detach(ctx context.Context, claimUID string) error {
	if err := c.ready(ctx); err != nil {
		return err
	}
	_, err := c.netagent.Detach(ctx, &netagentv1.DetachRequest{ClaimUid: claimUID})
	return explain(err)
}

// ready waits until the connection is up.
func (c *Client) ready(ctx context.Context) error {
	wait, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	for {
		state := c.conn.GetState()
		if state == connectivity.Ready {
			return nil
		}
		c.conn.Connect()
		if !c.conn.WaitForStateChange(wait, state) {
			return c.unanswered(ctx)
		}
	}
}
