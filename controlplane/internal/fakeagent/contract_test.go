package fakeagent_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/controlplane/internal/fakeagent"
	"github.com/hawser-dra/hawser/controlplane/steps"
)

const uid = "6f0b8a44-97e2-4d2c-8d5f-0c3f3b0a0001"

func dummy(key string, mtu uint32) *netagentv1.DeviceRequest {
	return &netagentv1.DeviceRequest{Key: key, Kind: &netagentv1.DeviceRequest_Dummy{Dummy: &netagentv1.Dummy{Mtu: mtu}}}
}

func ask(devices ...*netagentv1.DeviceRequest) *netagentv1.AttachRequest {
	return &netagentv1.AttachRequest{ClaimUid: uid, Devices: devices}
}

// contract is what the driver relies on. Lose ends the namespace of a device.
func contract(t *testing.T, a steps.Agent, lose func(key string)) {
	attach := func(req *netagentv1.AttachRequest) *netagentv1.AttachResponse {
		t.Helper()
		resp, err := a.Attach(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	refused := func(want codes.Code, req *netagentv1.AttachRequest) {
		t.Helper()
		if _, err := a.Attach(t.Context(), req); status.Code(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	first := attach(ask(dummy("d0", 1400), dummy("d1", 0)))
	for i, at := range first.GetAttachments() {
		if at.GetClaimUid() != uid || at.GetKey() != []string{"d0", "d1"}[i] || at.GetLocation() != netagentv1.Location_LOCATION_HOST {
			t.Errorf("attachment %d is %v", i, at)
		}
	}
	if !proto.Equal(first, attach(ask(dummy("d0", 1400), dummy("d1", 0)))) {
		t.Error("a repeat has another answer")
	}
	refused(codes.FailedPrecondition, ask(dummy("d0", 1500), dummy("d1", 0)))
	refused(codes.InvalidArgument, ask())
	refused(codes.InvalidArgument, ask(dummy("D 0", 0)))

	lose("d0")
	again := attach(ask(dummy("d0", 1400), dummy("d1", 0)))
	if got := again.GetAttachments()[0]; got.GetLocation() != netagentv1.Location_LOCATION_HOST ||
		got.GetLink().GetIfindex() == first.GetAttachments()[0].GetLink().GetIfindex() {
		t.Errorf("what was lost is %v", got)
	}
	if !proto.Equal(again.GetAttachments()[1], first.GetAttachments()[1]) {
		t.Error("what was not lost has changed")
	}
	for range 2 {
		if err := a.Detach(t.Context(), uid); err != nil {
			t.Errorf("detach: %v", err)
		}
	}
	attach(ask(dummy("d0", 9000)))
}

func TestContract(t *testing.T) {
	a := &fakeagent.Agent{}
	contract(t, a, func(key string) { a.EndNamespace(uid, key) })
}

func TestAllOrNone(t *testing.T) {
	a := &fakeagent.Agent{Refuse: func(r *netagentv1.DeviceRequest) error {
		if r.GetKey() == "d1" {
			return &fakeagent.Refusal{Code: codes.PermissionDenied, Text: "no"}
		}
		return nil
	}}
	_, err := a.Attach(t.Context(), ask(dummy("d0", 0), dummy("d1", 0)))
	if status.Code(err) != codes.PermissionDenied || err.Error() != "netagent: no" {
		t.Errorf("got %v", err)
	}
	if left := a.AllAttachments(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
