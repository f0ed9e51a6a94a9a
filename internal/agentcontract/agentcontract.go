// Package agentcontract tests what the driver relies on in netagent. The fake
// that stands for netagent in the driver's tests and the real one pass the same
// test.
package agentcontract

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// ClaimUID is the claim that the test attaches for.
const ClaimUID = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0001"

// Agent is netagent, as the driver calls it.
type Agent interface {
	Attach(ctx context.Context, req *netagentv1.AttachRequest) (*netagentv1.AttachResponse, error)
	Detach(ctx context.Context, claimUID string) error
}

// Test holds an agent to the contract. Lose moves the claim's link with that
// key to a namespace and ends it.
func Test(t *testing.T, a Agent, lose func(key string)) {
	c := contract{t, a}
	first := c.attach(veth("d0", 1400), veth("d1", 0))
	for i, at := range first.GetAttachments() {
		if at.GetClaimUid() != ClaimUID || at.GetKey() != []string{"d0", "d1"}[i] || at.GetLocation() != netagentv1.Location_LOCATION_HOST {
			t.Errorf("attachment %d is %v", i, at)
		}
	}
	if !proto.Equal(first, c.attach(veth("d0", 1400), veth("d1", 0))) {
		t.Error("a repeat has another answer")
	}
	c.refused(codes.FailedPrecondition, veth("d0", 1500), veth("d1", 0))
	c.refused(codes.InvalidArgument)
	c.refused(codes.InvalidArgument, veth("D 0", 0))

	lose("d0")
	again := c.attach(veth("d0", 1400), veth("d1", 0))
	if got := again.GetAttachments()[0]; got.GetLocation() != netagentv1.Location_LOCATION_HOST ||
		got.GetLink().GetIfindex() == first.GetAttachments()[0].GetLink().GetIfindex() {
		t.Errorf("what was lost is %v", got)
	}
	if !proto.Equal(again.GetAttachments()[1], first.GetAttachments()[1]) {
		t.Error("what was not lost has changed")
	}
	for range 2 {
		c.detach()
	}
	c.attach(veth("d0", 9000))
	c.detach()
}

// OtherClaimUID is a claim that wants what the first one has.
const OtherClaimUID = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0002"

// TestBorrowed holds an agent to the contract for a device that is lent: device
// has key d0. EndPod moves the claim's link to a namespace and ends it.
func TestBorrowed(t *testing.T, a Agent, device *netagentv1.DeviceRequest, endPod func(key string)) {
	c := contract{t, a}
	first := c.attach(device)
	if at := first.GetAttachments()[0]; at.GetLocation() != netagentv1.Location_LOCATION_HOST || at.GetLink().GetName() == "" {
		t.Errorf("lent as %v", at)
	}
	if !proto.Equal(first, c.attach(device)) {
		t.Error("a repeat has another answer")
	}
	_, err := a.Attach(t.Context(), &netagentv1.AttachRequest{ClaimUid: OtherClaimUID, Devices: []*netagentv1.DeviceRequest{device}})
	if status.Code(err) != codes.FailedPrecondition {
		t.Errorf("lent twice: %v", err)
	}
	endPod("d0")
	home := c.attach(device).GetAttachments()[0]
	if home.GetLocation() != netagentv1.Location_LOCATION_HOST || home.GetLink().GetName() != first.GetAttachments()[0].GetLink().GetName() {
		t.Errorf("come home it is %v", home)
	}
	c.detach()
	for range 2 { // what was given back can be lent again
		_, err := a.Attach(t.Context(), &netagentv1.AttachRequest{ClaimUid: OtherClaimUID, Devices: []*netagentv1.DeviceRequest{device}})
		if err != nil {
			t.Errorf("lent again: %v", err)
		}
	}
	if err := a.Detach(t.Context(), OtherClaimUID); err != nil {
		t.Errorf("detach: %v", err)
	}
}

type contract struct {
	t     *testing.T
	agent Agent
}

func (c contract) attach(devices ...*netagentv1.DeviceRequest) *netagentv1.AttachResponse {
	c.t.Helper()
	resp, err := c.agent.Attach(c.t.Context(), &netagentv1.AttachRequest{ClaimUid: ClaimUID, Devices: devices})
	if err != nil {
		c.t.Fatal(err)
	}
	return resp
}

func (c contract) refused(want codes.Code, devices ...*netagentv1.DeviceRequest) {
	c.t.Helper()
	_, err := c.agent.Attach(c.t.Context(), &netagentv1.AttachRequest{ClaimUid: ClaimUID, Devices: devices})
	if status.Code(err) != want {
		c.t.Errorf("got %v, want %s", err, want)
	}
}

func (c contract) detach() {
	c.t.Helper()
	if err := c.agent.Detach(c.t.Context(), ClaimUID); err != nil {
		c.t.Errorf("detach: %v", err)
	}
}

func veth(key string, mtu uint32) *netagentv1.DeviceRequest {
	return &netagentv1.DeviceRequest{Key: key, Kind: &netagentv1.DeviceRequest_Veth{Veth: &netagentv1.Veth{Mtu: mtu}}}
}
