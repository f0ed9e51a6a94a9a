package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	grpccall "github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/netagent/attachment"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/policy"
)

func TestCodes(t *testing.T) {
	kernel := func(errno error) error { return &link.Error{Op: "create", Err: errno} }
	for want, list := range map[codes.Code][]error{
		codes.InvalidArgument:    {&policy.Refusal{Reason: policy.Malformed}, &attachment.RepeatedKeyError{}},
		codes.PermissionDenied:   {&policy.Refusal{Reason: policy.Forbidden}},
		codes.ResourceExhausted:  {&policy.Refusal{Reason: policy.Exhausted}},
		codes.FailedPrecondition: {&policy.Refusal{Reason: policy.NotReady}, &attachment.ConflictError{}, &attachment.ForeignError{}, kernel(unix.EBUSY)},
		codes.Unimplemented:      {&attachment.UnsupportedError{}, &link.NoModuleError{}},
		codes.DeadlineExceeded:   {context.DeadlineExceeded},
		codes.Canceled:           {context.Canceled},
		codes.Internal:           {kernel(unix.EPERM), errors.New("disk full")},
	} {
		for _, err := range list {
			wrapped := errors.Join(fmt.Errorf("attach: %w", err), errors.New("take back: busy"))
			if got := status.Code(toStatus(wrapped)); got != want {
				t.Errorf("%T %v: %v, want %v", err, err, got, want)
			}
		}
	}
}

func TestPanicEndsOneCall(t *testing.T) {
	err := recovered(slog.New(slog.DiscardHandler))(t.Context(), "boom")
	if status.Code(err) != codes.Internal {
		t.Errorf("got %v", err)
	}
}

func TestDeadline(t *testing.T) {
	_, err := withDeadline(context.Background(), &netagentv1.DetachRequest{}, nil,
		func(ctx context.Context, _ any) (any, error) {
			if _, ok := ctx.Deadline(); !ok {
				t.Error("no deadline")
			}
			return nil, nil
		})
	if err != nil {
		t.Error(err)
	}
}

func TestProbesAreNotLogged(t *testing.T) {
	for method, want := range map[string]bool{
		healthpb.Health_Check_FullMethodName:      false,
		netagentv1.NetAgent_Attach_FullMethodName: true,
	} {
		call := grpccall.NewServerCallMeta(method, nil, nil)
		if got := isLogged(t.Context(), call); got != want {
			t.Errorf("%s: logged %v, want %v", method, got, want)
		}
	}
}
