package plugin

import (
	"context"
	"maps"
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
	claims, refused := p.decode(rcs)
	unnamed, release := p.names.Assign(claims, p.config.Records)
	defer release()
	maps.Copy(refused, unnamed)

	r := results[kubeletplugin.PrepareResult]{}
	for _, rc := range rcs {
		if err := refused[string(rc.UID)]; err != nil {
			r.set(rc.UID, failed(about(ctx, rc.Namespace, rc.Name, rc.UID), err))
		}
	}
	var wg sync.WaitGroup
	for _, c := range claims {
		if refused[c.UID] == nil {
			wg.Go(func() { r.set(types.UID(c.UID), p.prepareOne(ctx, c)) })
		}
	}
	wg.Wait()
	return r.all, nil
}

// decode reads the claims of a call. Those that it refuses are in refused, by
// UID.
func (p *Plugin) decode(rcs []*resourceapi.ResourceClaim) (claims []*claim.Claim, refused map[string]error) {
	d := claim.Decoder{Driver: p.config.Driver, NoPodlink: p.config.NoPodlink}
	refused = map[string]error{}
	for _, rc := range rcs {
		c, err := d.Decode(rc)
		if err != nil {
			refused[string(rc.UID)] = err
			continue
		}
		claims = append(claims, c)
	}
	return claims, refused
}

// prepareOne prepares one claim and says so.
func (p *Plugin) prepareOne(ctx context.Context, c *claim.Claim) kubeletplugin.PrepareResult {
	ctx = about(ctx, c.Namespace, c.Name, types.UID(c.UID))
	r, err := p.prepare(ctx, c)
	if err != nil {
		return failed(ctx, err)
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
