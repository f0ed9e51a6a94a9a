package agent

import (
	"context"
	"fmt"
	"iter"

	"google.golang.org/grpc"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Watch streams what the node has: all of it, then synced, then each change.
// The stream ends with an error, or when the loop over it does.
func (c *Client) Watch(ctx context.Context) iter.Seq2[*netagentv1.WatchResponse, error] {
	return func(yield func(*netagentv1.WatchResponse, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		if err := c.ready(ctx); err != nil {
			yield(nil, err)
			return
		}
		stream, err := c.netagent.Watch(ctx, &netagentv1.WatchRequest{})
		for {
			var event *netagentv1.WatchResponse
			if err == nil {
				event, err = c.next(stream)
			}
			if !yield(event, err) || err != nil {
				return
			}
		}
	}
}

func (c *Client) next(stream grpc.ServerStreamingClient[netagentv1.WatchResponse]) (*netagentv1.WatchResponse, error) {
	event, err := stream.Recv()
	if err != nil {
		return nil, explain(err)
	}
	if err := c.checkEvent(event); err != nil {
		return nil, fmt.Errorf("netagent's event is not to be trusted: %w", err)
	}
	return event, nil
}
