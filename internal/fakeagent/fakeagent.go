// Package fakeagent is netagent without a kernel, for tests of the control
// plane. It keeps state as the real one does: what is attached stays until it
// is detached, repeats give the same answer, other settings are refused, what
// is lost is made again. The test moves links and ends namespaces.
package fakeagent

import (
	"context"
	"fmt"
	"net"
	"sync"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// Agent is ready as its zero value.
type Agent struct {
	// Refuse is the policy; nil allows all.
	Refuse func(*netagentv1.DeviceRequest) error

	mu      sync.Mutex
	ifindex int32
	rdma    map[string][]*netagentv1.CharDevice
	claims  map[string]map[string]*device
	changed map[string]bool
	wake    chan struct{}
}

// device is one attachment and what was asked for.
type device struct {
	request    *netagentv1.DeviceRequest
	attachment *netagentv1.Attachment
}

// Refusal reads as the driver's client makes netagent's errors read, and has a
// gRPC status.
type Refusal struct {
	Code codes.Code
	Text string
}

func (r *Refusal) Error() string { return "netagent: " + r.Text }

// GRPCStatus is for status.FromError.
func (r *Refusal) GRPCStatus() *status.Status { return status.New(r.Code, r.Text) }

// Attach attaches all devices of the claim or none.
func (a *Agent) Attach(ctx context.Context, req *netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("netagent: %w", err)
	}
	if err := protovalidate.Validate(req); err != nil {
		return nil, &Refusal{codes.InvalidArgument, err.Error()}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range req.GetDevices() {
		if err := a.check(req.GetClaimUid(), r); err != nil {
			return nil, err
		}
	}
	resp := &netagentv1.AttachResponse{}
	for _, r := range req.GetDevices() {
		resp.Attachments = append(resp.Attachments, clone(a.attach(req.GetClaimUid(), r)))
	}
	a.change(req.GetClaimUid())
	return resp, nil
}

// Detach forgets the claim.
func (a *Agent) Detach(ctx context.Context, claimUID string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("netagent: %w", err)
	}
	if err := protovalidate.Validate(&netagentv1.DetachRequest{ClaimUid: claimUID}); err != nil {
		return &Refusal{codes.InvalidArgument, err.Error()}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.claims[claimUID] != nil {
		delete(a.claims, claimUID)
		a.change(claimUID)
	}
	return nil
}

func (a *Agent) check(claimUID string, r *netagentv1.DeviceRequest) error {
	if d := a.claims[claimUID][r.GetKey()]; d != nil && !proto.Equal(d.request, r) {
		return &Refusal{codes.FailedPrecondition, fmt.Sprintf("device %s is attached with other settings", r.GetKey())}
	}
	if u := r.GetUverbs(); u != nil && a.rdma[u.GetIbdev()] == nil {
		return &Refusal{codes.FailedPrecondition, fmt.Sprintf("uverbs.ibdev %q: the node has no RDMA device of this name", u.GetIbdev())}
	}
	if by := a.holder(claimUID, r); by != "" {
		return &Refusal{codes.FailedPrecondition, fmt.Sprintf("claim %s has it", by)}
	}
	if a.Refuse != nil {
		return a.Refuse(r)
	}
	return nil
}

func (a *Agent) attach(claimUID string, r *netagentv1.DeviceRequest) *netagentv1.Attachment {
	if a.claims == nil {
		a.claims = map[string]map[string]*device{}
	}
	if a.claims[claimUID] == nil {
		a.claims[claimUID] = map[string]*device{}
	}
	d := a.claims[claimUID][r.GetKey()]
	if d == nil || d.attachment.GetLocation() == netagentv1.Location_LOCATION_LOST {
		d = &device{request: proto.CloneOf(r), attachment: a.make(claimUID, r)}
		a.claims[claimUID][r.GetKey()] = d
	}
	return d.attachment
}

// make makes a link, always one that never was before, or answers with an RDMA
// device as it is.
func (a *Agent) make(claimUID string, r *netagentv1.DeviceRequest) *netagentv1.Attachment {
	if u := r.GetUverbs(); u != nil {
		return &netagentv1.Attachment{
			ClaimUid: claimUID,
			Key:      r.GetKey(),
			Location: netagentv1.Location_LOCATION_HOST,
			Device: &netagentv1.Attachment_Rdma{Rdma: &netagentv1.RdmaDevice{
				Ibdev: u.GetIbdev(), CharDevices: a.rdma[u.GetIbdev()],
			}},
		}
	}
	a.ifindex++
	mac := settings(r).GetMacAddress()
	if mac == nil {
		mac = net.HardwareAddr{2, 0, 0, 0, byte(a.ifindex >> 8), byte(a.ifindex)}
	}
	mtu := settings(r).GetMtu()
	if mtu == 0 {
		mtu = 1500
	}
	name := lentName(r)
	if name == "" {
		name = fmt.Sprintf("hw%d", a.ifindex)
	}
	return &netagentv1.Attachment{
		ClaimUid: claimUID,
		Key:      r.GetKey(),
		Location: netagentv1.Location_LOCATION_HOST,
		Device: &netagentv1.Attachment_Link{Link: &netagentv1.Link{
			Name:       name,
			Ifindex:    a.ifindex,
			MacAddress: mac,
			Mtu:        mtu,
			Alias:      "hawser:" + claimUID + "/" + r.GetKey(),
		}},
	}
}

// lentName is the name of the link that a request would borrow; "" for kinds that
// are made.
func lentName(r *netagentv1.DeviceRequest) string {
	if vf := r.GetSriovVf(); vf != nil {
		return fmt.Sprintf("%.8sv%d", vf.GetParent(), vf.GetVfIndex())
	}
	return r.GetHostDevice().GetName()
}

// holder returns the claim that has what another one would borrow.
func (a *Agent) holder(claimUID string, r *netagentv1.DeviceRequest) string {
	for uid, devices := range a.claims {
		for key, d := range devices {
			itself := uid == claimUID && key == r.GetKey()
			if !itself && lentName(r) != "" && lentName(d.request) == lentName(r) {
				return uid
			}
		}
	}
	return ""
}

// settings returns what all kinds have in common.
func settings(r *netagentv1.DeviceRequest) interface {
	GetMtu() uint32
	GetMacAddress() []byte
} {
	switch {
	case r.GetMacvlan() != nil:
		return r.GetMacvlan()
	case r.GetVeth() != nil:
		return r.GetVeth()
	case r.GetIpoib() != nil:
		return &netagentv1.Dummy{Mtu: r.GetIpoib().GetMtu()}
	case r.GetSriovVf() != nil:
		return r.GetSriovVf()
	case r.GetHostDevice() != nil:
		return r.GetHostDevice()
	case r.GetIpvlan() != nil: // shares its parent's address
		return &netagentv1.Dummy{Mtu: r.GetIpvlan().GetMtu()}
	}
	return r.GetDummy()
}

func clone(a *netagentv1.Attachment) *netagentv1.Attachment { return proto.CloneOf(a) }
