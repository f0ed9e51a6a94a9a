package plugin

import (
	"context"
	"sync"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/claim"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// PrepareResourceClaims prepares the claims of one pod, side by side.
func (p *Plugin) PrepareResourceClaims(ctx context.Context, rcs []*resourceapi.ResourceClaim) (map[types.UID]kubeletplugin.PrepareResult, error) {
	claims, errs := p.decode(rcs)
	unnamed, release := p.names.Assign(claims, p.config.Records)
	defer release()

	var mu sync.Mutex
	results := map[types.UID]kubeletplugin.PrepareResult{}
	for uid, err := range errs {
		results[uid] = failed(ctx, uid, err)
	}
	var wg sync.WaitGroup
	for _, c := range claims {
		wg.Go(func() {
			result := p.prepareNamed(ctx, c, unnamed[c.UID])
			mu.Lock()
			defer mu.Unlock()
			results[types.UID(c.UID)] = result
		})
	}
	wg.Wait()
	return results, nil
}

// decode reads the claims of a call. Those that it refuses are in errs.
func (p *Plugin) decode(rcs []*resourceapi.ResourceClaim) (claims []*claim.Claim, errs map[types.UID]error) {
	d := claim.Decoder{Driver: p.config.Driver, NoPodlink: p.config.NoPodlink}
	errs = map[types.UID]error{}
	for _, rc := range rcs {
		c, err := d.Decode(rc)
		if err != nil {
			errs[rc.UID] = err
			continue
		}
		claims = append(claims, c)
	}
	return claims, errs
}

// prepareNamed prepares one claim, unless it could not be named.
func (p *Plugin) prepareNamed(ctx context.Context, c *claim.Claim, unnamed error) kubeletplugin.PrepareResult {
	ctx = logging.With(ctx, "claim", c.Namespace+"/"+c.Name, "claimUID", c.UID)
	if unnamed != nil {
		return failed(ctx, types.UID(c.UID), unnamed)
	}
	r, err := p.prepare(ctx, c)
	if err != nil {
		return failed(ctx, types.UID(c.UID), err)
	}
	logging.From(ctx).Log(ctx, logging.Call, "Prepared", "devices", len(r.Devices))
	return kubeletplugin.PrepareResult{Devices: devices(r)}
}

// prepare brings one claim. What a record says is never the answer by itself:
// netagent is asked each time, for a reboot or the end of a sandbox takes links
// away and leaves the record.
func (p *Plugin) prepare(ctx context.Context, c *claim.Claim) (*record.Record, error) {
	unlock, err := p.config.Locks.Lock(ctx, c.UID)
	if err != nil {
		return nil, err
	}
	defer unlock()
	draft, err := c.Draft(p.config.CDI)
	if err != nil {
		return nil, err
	}
	known, err := p.sameAllocation(ctx, c)
	if err != nil {
		return nil, err
	}
	bring := p.config.Steps.AttachNew
	if known {
		bring = p.config.Steps.Attach
	}
	r, err := bring(ctx, draft)
	if err != nil {
		return nil, err
	}
	p.tell(func(s Status) { s.Prepared(r) })
	return r, nil
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
