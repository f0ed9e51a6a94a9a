package agent_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/agent"
)

const claim = "0b0f6f0e-7a39-4c1b-9d4e-0f1f5c7a9e11"

// netagent answers what a test tells it to.
type netagent struct {
	netagentv1.UnimplementedNetAgentServer
	attach   func(*netagentv1.AttachRequest) (*netagentv1.AttachResponse, error)
	events   []*netagentv1.WatchResponse
	detached []string
	ended    chan struct{} // closed when a Watch has ended
}

func (n *netagent) Attach(_ context.Context, req *netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
	return n.attach(req)
}

func (n *netagent) Detach(_ context.Context, req *netagentv1.DetachRequest) (*netagentv1.DetachResponse, error) {
	n.detached = append(n.detached, req.GetClaimUid())
	return &netagentv1.DetachResponse{}, nil
}

func (n *netagent) Watch(_ *netagentv1.WatchRequest, stream grpc.ServerStreamingServer[netagentv1.WatchResponse]) error {
	for _, e := range n.events {
		if err := stream.Send(e); err != nil {
			return err
		}
	}
	<-stream.Context().Done()
	close(n.ended)
	return nil
}

// serve runs n on a Unix socket until the test or stop ends it.
func serve(t *testing.T, n *netagent, socket string) (stop func()) {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	netagentv1.RegisterNetAgentServer(s, n)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return s.Stop
}

func client(t *testing.T, socket string) *agent.Client {
	t.Helper()
	c, err := agent.New(socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func request() *netagentv1.AttachRequest {
	return &netagentv1.AttachRequest{ClaimUid: claim, Devices: []*netagentv1.DeviceRequest{{
		Key:  "d0",
		Kind: &netagentv1.DeviceRequest_Dummy{Dummy: &netagentv1.Dummy{}},
	}}}
}

func attachment() *netagentv1.Attachment {
	return &netagentv1.Attachment{
		ClaimUid: claim,
		Key:      "d0",
		Location: netagentv1.Location_LOCATION_HOST,
		Device: &netagentv1.Attachment_Link{Link: &netagentv1.Link{
			Name: "hw0b0f6f0e0", Ifindex: 7, Alias: "hawser/" + claim + "/d0",
		}},
	}
}

func rdma(path string) *netagentv1.Attachment {
	a := attachment()
	a.Device = &netagentv1.Attachment_Rdma{Rdma: &netagentv1.RdmaDevice{
		Ibdev: "mlx5_0", CharDevices: []*netagentv1.CharDevice{{Path: path, Major: 231, Minor: 192}},
	}}
	return a
}

func TestAttachDetach(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "netagent.sock")
	n := &netagent{attach: func(*netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
		return &netagentv1.AttachResponse{Attachments: []*netagentv1.Attachment{attachment()}}, nil
	}}
	serve(t, n, socket)
	c := client(t, socket)
	resp, err := c.Attach(t.Context(), request())
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.GetAttachments()[0].GetLink().GetName(); got != "hw0b0f6f0e0" {
		t.Errorf("link is %q", got)
	}
	if err := c.Detach(t.Context(), claim); err != nil || len(n.detached) != 1 || n.detached[0] != claim {
		t.Errorf("Detach: %v, netagent saw %v", err, n.detached)
	}
}

func TestAnswersThatAreNotBelieved(t *testing.T) {
	edit := func(f func(*netagentv1.Attachment)) []*netagentv1.Attachment {
		a := attachment()
		f(a)
		return []*netagentv1.Attachment{a}
	}
	for name, tc := range map[string]struct {
		attachments []*netagentv1.Attachment
		want        string
	}{
		"none":          {nil, "0 attachments for 1 devices"},
		"two":           {[]*netagentv1.Attachment{attachment(), attachment()}, "2 attachments for 1 devices"},
		"another claim": {edit(func(a *netagentv1.Attachment) { a.ClaimUid = "1" + claim[1:] }), "asked for d0 of claim 0b0f"},
		"another key":   {edit(func(a *netagentv1.Attachment) { a.Key = "d1" }), "is d1 of claim"},
		"no location":   {edit(func(a *netagentv1.Attachment) { a.Location = 0 }), "location"},
		"no device":     {edit(func(a *netagentv1.Attachment) { a.Device = nil }), "device"},
		"long name":     {edit(func(a *netagentv1.Attachment) { a.GetLink().Name = "0123456789abcdef" }), "name"},
		"path as name":  {edit(func(a *netagentv1.Attachment) { a.GetLink().Name = "../net" }), "must not contain '/'"},
		"disk":          {[]*netagentv1.Attachment{rdma("/dev/sda")}, `"/dev/sda" is not one of /dev/infiniband`},
		"way out":       {[]*netagentv1.Attachment{rdma("/dev/infiniband/../sda")}, "is not one of"},
	} {
		t.Run(name, func(t *testing.T) {
			socket := filepath.Join(t.TempDir(), "netagent.sock")
			serve(t, &netagent{attach: func(*netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
				return &netagentv1.AttachResponse{Attachments: tc.attachments}, nil
			}}, socket)
			_, err := client(t, socket).Attach(t.Context(), request())
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got error %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestRefusalReadsAsSentenceAndKeepsItsCode(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "netagent.sock")
	serve(t, &netagent{attach: func(*netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
		return nil, status.Error(codes.PermissionDenied, "eth0 carries the default route")
	}}, socket)
	_, err := client(t, socket).Attach(t.Context(), request())
	if err == nil || err.Error() != "netagent: eth0 carries the default route" {
		t.Errorf("got %v", err)
	}
	if status.Code(err) != codes.PermissionDenied {
		t.Errorf("code is %v", status.Code(err))
	}
}

func TestWaitsForNetagent(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "netagent.sock")
	c := client(t, socket)
	done := make(chan error)
	go func() { done <- c.Detach(t.Context(), claim) }()
	time.Sleep(200 * time.Millisecond)
	serve(t, &netagent{}, socket)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestNobodyAnswers(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "netagent.sock")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := client(t, socket).Attach(ctx, request())
	want := "netagent does not answer at " + socket + ": is the netagent container running?"
	if err == nil || err.Error() != want || status.Code(err) != codes.Unavailable {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCanceledIsNotBlamedOnNetagent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := client(t, filepath.Join(t.TempDir(), "netagent.sock")).Detach(ctx, claim)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestWatch(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "netagent.sock")
	n := &netagent{ended: make(chan struct{}), events: []*netagentv1.WatchResponse{
		{Event: &netagentv1.WatchResponse_Attachment{Attachment: attachment()}},
		{Event: &netagentv1.WatchResponse_Synced{Synced: &netagentv1.Synced{}}},
	}}
	serve(t, n, socket)
	seen := 0
	for event, err := range client(t, socket).Watch(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; event.GetSynced() != nil {
			break
		}
	}
	if seen != 2 {
		t.Errorf("saw %d events, want 2", seen)
	}
	<-n.ended // leaving the loop ends the stream
}

func TestWatchEndsWithItsError(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "netagent.sock")
	n := &netagent{ended: make(chan struct{}), events: []*netagentv1.WatchResponse{
		{Event: &netagentv1.WatchResponse_Synced{Synced: &netagentv1.Synced{}}},
	}}
	stop := serve(t, n, socket)
	var last error
	for _, err := range client(t, socket).Watch(t.Context()) {
		if last = err; err == nil {
			go stop()
		}
	}
	if status.Code(last) != codes.Unavailable {
		t.Errorf("ended with %v", last)
	}
}

func TestWatchRefusesBadEvent(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "netagent.sock")
	serve(t, &netagent{ended: make(chan struct{}), events: []*netagentv1.WatchResponse{{}}}, socket)
	for event, err := range client(t, socket).Watch(t.Context()) {
		if err == nil || !strings.Contains(err.Error(), "not to be trusted") {
			t.Errorf("got %v, %v", event, err)
		}
	}
}
