package fakeagent_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/agentcontract"
	"github.com/hawser-dra/hawser/internal/fakeagent"
)

func TestContract(t *testing.T) {
	a := &fakeagent.Agent{}
	agentcontract.Test(t, a, func(key string) { a.EndNamespace(agentcontract.ClaimUID, key) })
}

func TestRDMAContract(t *testing.T) {
	a := &fakeagent.Agent{}
	a.AddRDMA("soft0", 0)
	agentcontract.TestRDMA(t, a, agentcontract.RDMA{
		Name: "soft0", Remove: func() { a.RemoveRDMA("soft0") }, Restore: func() { a.AddRDMA("soft0", 1) },
	})
}

func TestBorrowedContract(t *testing.T) {
	for _, device := range []*netagentv1.DeviceRequest{
		{Key: "d0", Kind: &netagentv1.DeviceRequest_SriovVf{SriovVf: &netagentv1.SriovVf{PciAddress: "0000:3b:02.1", Parent: "ens1", VfIndex: 5}}},
		{Key: "d0", Kind: &netagentv1.DeviceRequest_HostDevice{HostDevice: &netagentv1.HostDevice{Name: "ens2"}}},
	} {
		a := &fakeagent.Agent{}
		agentcontract.TestBorrowed(t, a, device, func(key string) {
			a.Move(agentcontract.ClaimUID, key)
			a.EndNamespace(agentcontract.ClaimUID, key)
		})
	}
}

func TestAllOrNone(t *testing.T) {
	a := &fakeagent.Agent{Refuse: func(r *netagentv1.DeviceRequest) error {
		if r.GetKey() == "d1" {
			return &fakeagent.Refusal{Code: codes.PermissionDenied, Text: "no"}
		}
		return nil
	}}
	dummy := func(key string) *netagentv1.DeviceRequest {
		return &netagentv1.DeviceRequest{Key: key, Kind: &netagentv1.DeviceRequest_Dummy{Dummy: &netagentv1.Dummy{}}}
	}
	_, err := a.Attach(t.Context(), &netagentv1.AttachRequest{
		ClaimUid: agentcontract.ClaimUID, Devices: []*netagentv1.DeviceRequest{dummy("d0"), dummy("d1")},
	})
	if status.Code(err) != codes.PermissionDenied || err.Error() != "netagent: no" {
		t.Errorf("got %v", err)
	}
	if left := a.AllAttachments(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
