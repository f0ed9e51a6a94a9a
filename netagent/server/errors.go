package server

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/hawser-dra/hawser/netagent/attachment"
	"github.com/hawser-dra/hawser/netagent/link"
	"github.com/hawser-dra/hawser/netagent/policy"
	"github.com/hawser-dra/hawser/netagent/rdma"
	"github.com/hawser-dra/hawser/netagent/sriov"
)

// toStatus translates an error, once, to what the API promises. The text is the
// error's own: a sentence that an operator can act on.
func toStatus(err error) error {
	if _, ok := status.FromError(err); ok {
		return err
	}
	return status.Error(codeOf(err), err.Error())
}

func codeOf(err error) codes.Code {
	if refusal, ok := errors.AsType[*policy.Refusal](err); ok {
		return codeOfRefusal(refusal.Reason)
	}
	switch {
	case is[*attachment.UnsupportedError](err), is[*link.NoModuleError](err):
		return codes.Unimplemented
	case is[*attachment.RepeatedKeyError](err):
		return codes.InvalidArgument
	case is[*attachment.ConflictError](err), is[*attachment.ForeignError](err), is[*attachment.AwayError](err), is[*attachment.ImmovableError](err), is[*sriov.SettingError](err):
		return codes.FailedPrecondition
	case errors.Is(err, context.DeadlineExceeded):
		return codes.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return codes.Canceled
	case errors.Is(err, rdma.ErrNotFound):
		return codes.FailedPrecondition
	case errors.Is(err, unix.EPERM):
		return codes.Internal
	case is[*link.Error](err): // what the kernel does not do in the state it is in
		return codes.FailedPrecondition
	}
	return codes.Internal
}

func codeOfRefusal(r policy.Reason) codes.Code {
	switch r {
	case policy.Malformed:
		return codes.InvalidArgument
	case policy.NotReady:
		return codes.FailedPrecondition
	case policy.Exhausted:
		return codes.ResourceExhausted
	}
	return codes.PermissionDenied
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
