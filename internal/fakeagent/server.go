package fakeagent

import (
	"context"

	"google.golang.org/grpc"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Server is an [Agent] behind the API that the driver calls, for one Watch at a
// time. It is ready as its zero value, of a node without devices.
type Server struct {
	netagentv1.UnimplementedNetAgentServer
	Agent
	// Devices are those of the node when a Watch begins.
	Devices []*netagentv1.NodeDevice
	// Changes takes devices that are new or changed meanwhile. It may be nil.
	Changes chan *netagentv1.NodeDevice
}

// Attach is [Agent.Attach].
func (s *Server) Attach(ctx context.Context, req *netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
	return s.Agent.Attach(ctx, req)
}

// Detach is [Agent.Detach].
func (s *Server) Detach(ctx context.Context, req *netagentv1.DetachRequest) (*netagentv1.DetachResponse, error) {
	return &netagentv1.DetachResponse{}, s.Agent.Detach(ctx, req.GetClaimUid())
}

// Watch tells all that is there, and then what changes.
func (s *Server) Watch(_ *netagentv1.WatchRequest, stream grpc.ServerStreamingServer[netagentv1.WatchResponse]) error {
	for _, e := range s.all() {
		if err := stream.Send(e); err != nil {
			return err
		}
	}
	claims := s.follow(stream.Context())
	for {
		var events []*netagentv1.WatchResponse
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case d := <-s.Changes:
			events = append(events, deviceEvent(d))
		case uids := <-claims:
			for _, uid := range uids {
				events = append(events, s.events(uid)...)
			}
		}
		for _, e := range events {
			if err := stream.Send(e); err != nil {
				return err
			}
		}
	}
}

// follow sends the claims whose attachments change, until the context ends.
func (s *Server) follow(ctx context.Context) <-chan []string {
	claims := make(chan []string)
	go func() {
		for {
			uids, err := s.Next(ctx)
			if err != nil {
				return
			}
			select {
			case claims <- uids:
			case <-ctx.Done():
				return
			}
		}
	}()
	return claims
}

func (s *Server) all() (events []*netagentv1.WatchResponse) {
	for _, d := range s.Devices {
		events = append(events, deviceEvent(d))
	}
	for _, a := range s.AllAttachments() {
		events = append(events, attachmentEvent(a))
	}
	return append(events, &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Synced{Synced: &netagentv1.Synced{}}})
}

// events tell what a claim has now. One that has nothing had a device d0.
func (s *Server) events(uid string) (events []*netagentv1.WatchResponse) {
	for _, a := range s.Attachments(uid) {
		events = append(events, attachmentEvent(a))
	}
	if events == nil {
		gone := &netagentv1.AttachmentGone{ClaimUid: uid, Key: "d0"}
		events = append(events, &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_AttachmentGone{AttachmentGone: gone}})
	}
	return events
}

func deviceEvent(d *netagentv1.NodeDevice) *netagentv1.WatchResponse {
	return &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Device{Device: d}}
}

func attachmentEvent(a *netagentv1.Attachment) *netagentv1.WatchResponse {
	return &netagentv1.WatchResponse{Event: &netagentv1.WatchResponse_Attachment{Attachment: a}}
}
