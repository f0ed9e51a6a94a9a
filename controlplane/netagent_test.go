package controlplane_test

import (
	"context"
	"time"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/fakeagent"
)

const (
	driver = "dra.example.com"
	uid    = "0b0f6f0e-7a39-4c1b-9d4e-0f1f5c7a9e11"
	device = driver + "/claim=" + uid + "-d0"
)

// netagent serves a fake one over a real socket.
type netagent struct {
	fakeagent.Server
	takes time.Duration // what an Attach does
}

func newNetagent() *netagent {
	virtual := &netagentv1.NodeDevice{Name: "netdev-virtual", Device: &netagentv1.NodeDevice_VirtualLinks{
		VirtualLinks: &netagentv1.VirtualLinks{MaxAttachments: 512},
	}}
	return &netagent{Server: fakeagent.Server{Devices: []*netagentv1.NodeDevice{virtual}}}
}

func (n *netagent) Attach(ctx context.Context, req *netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
	time.Sleep(n.takes)
	return n.Server.Attach(ctx, req)
}
