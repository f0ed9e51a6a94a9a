package server

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/peer"
)

// Attacher makes attachments and takes them back, see package attachment.
type Attacher interface {
	Attach(ctx context.Context, caller peer.Identity, req *netagentv1.AttachRequest) ([]*netagentv1.Attachment, error)
	Detach(ctx context.Context, claim string) error
}

// Watcher sends the node's state, see package watch.
type Watcher interface {
	Watch(ctx context.Context, send func(*netagentv1.WatchResponse) error) error
}

// api puts the handlers between gRPC's types and the node's.
type api struct {
	netagentv1.UnimplementedNetAgentServer
	attach   Attacher
	watch    Watcher
	stopping chan struct{} // closed when streams must end
}

func (a *api) Attach(ctx context.Context, req *netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
	caller, ok := peer.FromContext(ctx)
	if !ok {
		return nil, status.Error(codes.PermissionDenied, "the connection does not say who the caller is")
	}
	list, err := a.attach.Attach(ctx, caller, req)
	if err != nil {
		return nil, toStatus(err)
	}
	return &netagentv1.AttachResponse{Attachments: list}, nil
}

func (a *api) Detach(ctx context.Context, req *netagentv1.DetachRequest) (*netagentv1.DetachResponse, error) {
	if err := a.attach.Detach(ctx, req.GetClaimUid()); err != nil {
		return nil, toStatus(err)
	}
	return &netagentv1.DetachResponse{}, nil
}

func (a *api) Watch(_ *netagentv1.WatchRequest, stream grpc.ServerStreamingServer[netagentv1.WatchResponse]) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	go func() {
		select {
		case <-a.stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	err := a.watch.Watch(ctx, stream.Send)
	select {
	case <-a.stopping:
		return status.Error(codes.Unavailable, "netagent stops: watch again")
	default:
		return toStatus(err)
	}
}
