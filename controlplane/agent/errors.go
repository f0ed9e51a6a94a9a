package agent

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// answer is netagent's error as a person reads it: without gRPC's
// "rpc error: code = … desc = …", which says nothing in a pod's events.
type answer struct {
	text   string
	status *status.Status
}

func (a answer) Error() string { return a.text }

// GRPCStatus keeps the code for status.FromError.
func (a answer) GRPCStatus() *status.Status { return a.status }

func explain(err error) error {
	if err == nil {
		return nil
	}
	s, ok := status.FromError(err)
	switch {
	case !ok:
		return fmt.Errorf("netagent: %w", err)
	case s.Code() == codes.DeadlineExceeded:
		return fmt.Errorf("netagent took too long: %w", context.DeadlineExceeded)
	case s.Code() == codes.Canceled:
		return fmt.Errorf("netagent: %w", context.Canceled)
	}
	return answer{"netagent: " + s.Message(), s}
}

// unanswered is the error when nobody accepted the connection.
func (c *Client) unanswered(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("netagent: %w", context.Canceled)
	}
	text := fmt.Sprintf("netagent does not answer at %s: is the netagent container running?", c.socket)
	return answer{text, status.New(codes.Unavailable, text)}
}
