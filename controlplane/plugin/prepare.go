package plugin

import (
	"context"
	"sync"
	"time"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/claim"
	"github.com/hawser-dra/hawser/telemetry/logging"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// PrepareResourceClaims prepares the claims of one pod, side by side.
func (p *Plugin) PrepareResourceClaims(ctx context.Context, rcs []*resourceapi.ResourceClaim) (map[types.UID]kubeletplugin.PrepareResult, error) {
	now := time.Now()
	calls := p.beginAll(ctx, rcs, now)
	claims, refused := p.decode(calls, rcs, now)
	release := p.name(calls, claims, refused)
	defer release()

	r := results[kubeletplugin.PrepareResult]{}
	for _, rc := range rcs {
		if err := refused[string(rc.UID)]; err != nil {
			r.set(rc.UID, p.answer(calls[string(rc.UID)], nil, err))
		}
	}
	var wg sync.WaitGroup
	for _, c := range claims {
		if refused[c.UID] == nil {
			wg.Go(func() { r.set(types.UID(c.UID), p.prepareOne(calls[c.UID], c)) })
		}
	}
	wg.Wait()
	return r.all, nil
}

// prepareOne prepares one claim and says so.
func (p *Plugin) prepareOne(call *call, c *claim.Claim) kubeletplugin.PrepareResult {
	r, err := p.prepare(call.ctx, c)
	if err == nil {
		p.prepared(call.ctx, r, call.began)
	}
	return p.answer(call, r, err)
}

// answer ends a call with what the kubelet is told.
func (p *Plugin) answer(call *call, r *record.Record, err error) kubeletplugin.PrepareResult {
	defer call.end(p.config.Metrics.Prepare, err)
	if err != nil {
		return failed(call.ctx, err)
	}
	logging.From(call.ctx).Log(call.ctx, logging.Call, "Prepared", "devices", len(r.Devices))
	return kubeletplugin.PrepareResult{Devices: Devices(p.config.Driver, r, p.config.Attributes)}
}

// prepare brings one claim. What a record says is never the answer by itself:
// netagent is asked each time, for a reboot or the end of a sandbox takes links
// away and leaves the record.
func (p *Plugin) prepare(ctx context.Context, c *claim.Claim) (*record.Record, error) {
	unlock, err := p.lock(ctx, c.UID)
	if err != nil {
		return nil, err
	}
	defer unlock()
	draft, known, err := p.draft(ctx, c)
	if err != nil {
		return nil, err
	}
	if known {
		return p.config.Steps.Attach(ctx, draft)
	}
	return p.config.Steps.AttachNew(ctx, draft)
}

// lock waits for the claim's lock.
func (p *Plugin) lock(ctx context.Context, claimUID string) (unlock func(), err error) {
	err = tracing.Do(ctx, "lock", func(ctx context.Context) error {
		unlock, err = p.config.Locks.Lock(ctx, claimUID)
		return err
	})
	return unlock, err
}

// draft returns the record to be, and whether there is one already.
func (p *Plugin) draft(ctx context.Context, c *claim.Claim) (draft *record.Record, known bool, err error) {
	ctx, span := tracing.Start(ctx, "draft")
	defer func() { tracing.End(span, err) }()
	if draft, err = c.Draft(p.config.CDI); err != nil {
		return nil, false, err
	}
	known, err = p.sameAllocation(ctx, c)
	return draft, known, err
}

// sameAllocation says whether the claim has a record. One of an earlier
// allocation is taken away.
func (p *Plugin) sameAllocation(ctx context.Context, c *claim.Claim) (bool, error) {
	old, err := p.config.Records.Get(c.UID)
	if err != nil || old == nil {
		return false, err
	}
	if c.Matches(old) {
		return true, nil
	}
	logging.From(ctx).Info("The claim was allocated anew, taking its earlier devices away")
	return false, p.config.Steps.Detach(ctx, c.UID)
}
