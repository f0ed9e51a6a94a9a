package orphan

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/hawser-dra/hawser/telemetry/logging"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// Collect looks at all that is on the node once. It is not for concurrent use.
func (c *Collector) Collect(ctx context.Context) {
	found, err := c.find()
	c.reported.once(ctx, "", "Cannot look for what is left of claims", err)
	d := &directory{claims: c.config.Claims, wanted: found}
	for uid := range found {
		err := c.look(logging.With(ctx, "claimUID", uid), uid, d)
		if ctx.Err() != nil {
			return
		}
		c.reported.once(ctx, uid, "Leaving alone a claim that may be gone", err)
	}
	err = errors.Join(c.config.Specs.Sweep(abandoned), c.config.Records.Sweep(abandoned))
	c.reported.once(ctx, "half written", "Cannot remove what a crash has left half written", err)
	c.reported.keep(found)
}

// find lists the claims that have something on this node.
func (c *Collector) find() (map[string]bool, error) {
	specs, err := c.config.Specs.List()
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, uid := range specs {
		found[uid] = true
	}
	for _, a := range c.config.Inventory.AllAttachments() {
		found[a.GetClaimUid()] = true
	}
	for _, r := range c.config.Records.All() {
		found[r.Claim.UID] = true
	}
	return found, nil
}

// look takes one claim away if it is an orphan.
func (c *Collector) look(ctx context.Context, uid string, d *directory) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	unlock, err := c.config.Locks.Lock(ctx, uid)
	if err != nil {
		return err
	}
	defer unlock()
	why, err := c.judge(ctx, uid, d)
	if err != nil || why == "" {
		return err
	}
	if err := c.take(ctx, uid, why); err != nil {
		return fmt.Errorf("%s, but its devices stay: %w", why, err)
	}
	if c.config.Status != nil {
		c.config.Status.Forget(uid)
	}
	return nil
}

func (c *Collector) take(ctx context.Context, uid, why string) error {
	logging.From(ctx).Info("Taking away what is left of a claim", "why", why)
	ctx, span := tracing.StartClaim(ctx, c.config.Tracer, uid, "take orphan away",
		trace.WithAttributes(attribute.String("hawser.orphan.why", why)))
	err := c.config.Steps.Detach(ctx, uid)
	tracing.End(span, err)
	if err == nil {
		c.config.Metrics.Orphans.Add(ctx, 1)
	}
	return err
}
