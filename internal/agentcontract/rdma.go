package agentcontract

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// RDMA is an RDMA device of the agent's node, which the test may take away.
type RDMA struct {
	Name            string
	Remove, Restore func()
}

// TestRDMA holds an agent to the contract for RDMA devices: claims share one, it
// is lost while it is away and is there again when it is back.
func TestRDMA(t *testing.T, a Agent, d RDMA) {
	c := contract{t, a}
	both := []*netagentv1.DeviceRequest{veth("d0", 1400), uverbs("d0rdma", d.Name)}
	first := c.attach(both...)
	at := first.GetAttachments()[1]
	if at.GetClaimUid() != ClaimUID || at.GetKey() != "d0rdma" || at.GetLocation() != netagentv1.Location_LOCATION_HOST ||
		at.GetRdma().GetIbdev() != d.Name || !hasVerbs(at.GetRdma()) {
		t.Errorf("attachment is %v", at)
	}
	if !proto.Equal(first, c.attach(both...)) {
		t.Error("a repeat has another answer")
	}
	c.refused(codes.FailedPrecondition, veth("d0", 1400), uverbs("d0rdma", d.Name+"9"))
	c.refused(codes.InvalidArgument, uverbs("d1", "no/device"))

	d.Remove()
	c.refused(codes.FailedPrecondition, both...)
	d.Restore()
	again := c.attach(both...)
	if got := again.GetAttachments()[1]; got.GetLocation() != netagentv1.Location_LOCATION_HOST || !hasVerbs(got.GetRdma()) {
		t.Errorf("what is back is %v", got)
	}
	if !proto.Equal(again.GetAttachments()[0], first.GetAttachments()[0]) {
		t.Error("the link beside it has changed")
	}
	for range 2 {
		c.detach()
	}
}

func hasVerbs(r *netagentv1.RdmaDevice) bool {
	for _, c := range r.GetCharDevices() {
		if strings.HasPrefix(c.GetPath(), "/dev/infiniband/uverbs") && c.GetMajor() != 0 {
			return true
		}
	}
	return false
}

func uverbs(key, ibdev string) *netagentv1.DeviceRequest {
	return &netagentv1.DeviceRequest{Key: key, Kind: &netagentv1.DeviceRequest_Uverbs{Uverbs: &netagentv1.Uverbs{Ibdev: ibdev}}}
}
