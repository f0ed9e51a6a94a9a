package netagent_test

import (
	"context"
	"testing"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/agentcontract"
	"github.com/hawser-dra/hawser/internal/testns"
)

// caller calls as the driver does.
type caller struct{ client netagentv1.NetAgentClient }

func (c caller) Attach(ctx context.Context, req *netagentv1.AttachRequest) (*netagentv1.AttachResponse, error) {
	return c.client.Attach(ctx, req)
}

func (c caller) Detach(ctx context.Context, claimUID string) error {
	_, err := c.client.Detach(ctx, &netagentv1.DetachRequest{ClaimUid: claimUID})
	return err
}

func TestRDMAContract(t *testing.T) {
	testns.RDMAModules(t)
	testns.Uplink(t, "up0", 1500)
	testns.SoftRDMA(t, "soft0", "up0")
	a := start(t, allowRDMA("soft*"))
	agentcontract.TestRDMA(t, caller{a.client}, agentcontract.RDMA{
		Name: "soft0",
		Remove: func() {
			if err := testns.RemoveRDMA("soft0"); err != nil {
				t.Fatal(err)
			}
		},
		Restore: func() { testns.SoftRDMA(t, "soft0", "up0") },
	})
}
