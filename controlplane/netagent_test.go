package controlplane_test

import (
	"context"
	"time"

	"google.golang.org/grpc"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/internal/fakeagent"
)

const (
	driver = "dra.example.com"
	uid    = "0b0f6f0e-7a39-4c1b-9d4e-0f1f5c7a9e11"
	device = driver + "/claim=" + uid + "-d0"
)

// netagent serves a fake one over a real socket.
type netagent struct {
	netagentv1.UnimplementedNetAgentServer
	fakeagent.Agent
	takes time.Duration // what an Attach does
}

func (n *netagent) Attach(ctx context.Context, req *netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
	time.Sleep(n.takes)
	return n.Agent.Attach(ctx, req)
}

func (n *netagent) Detach(ctx context.Context, req *netagentv1.DetachRequest) (*netagentv1.DetachResponse, error) {
	return &netagentv1.DetachResponse{}, n.Agent.Detach(ctx, req.GetClaimUid())
}

func (n *netagent) Watch(_ *netagentv1.WatchRequest, stream grpc.ServerStreamingServer[netagentv1.WatchResponse]) error {
	virtual := &netagentv1.NodeDevice{Name: "netdev-virtual", Device: &netagentv1.NodeDevice_VirtualLinks{
		VirtualLinks: &netagentv1.VirtualLinks{MaxAttachments: 512},
	}}
	first := []*netagentv1.WatchResponse{{Event: &netagentv1.WatchResponse_Device{Device: virtual}}}
	for _, a := range n.AllAttachments() {
		first = append(first, &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Attachment{Attachment: a}})
	}
	for _, e := range append(first, &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Synced{Synced: &netagentv1.Synced{}}}) {
		if err := stream.Send(e); err != nil {
			return err
		}
	}
	for {
		uids, err := n.Next(stream.Context())
		if err != nil {
			return err
		}
		for _, uid := range uids {
			for _, e := range n.events(uid) {
				if err := stream.Send(e); err != nil {
					return err
				}
			}
		}
	}
}

// events tell what a claim has now.
func (n *netagent) events(uid string) (events []*netagentv1.WatchResponse) {
	for _, a := range n.Attachments(uid) {
		events = append(events, &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Attachment{Attachment: a}})
	}
	if events == nil {
		gone := &netagentv1.AttachmentGone{ClaimUid: uid, Key: "d0"}
		events = append(events, &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_AttachmentGone{AttachmentGone: gone}})
	}
	return events
}
