// Package orphan cleans up after claims that are gone: what is attached,
// recorded or specified on this node for a claim that the API server does not
// know any more, or has allocated elsewhere.
//
// It takes nothing away on a guess. A claim that cannot be looked up is left
// alone and reported once. What is there is listed before the API server is
// asked: a claim that is being prepared was allocated before it had anything
// here, so that it is never taken for an orphan.
package orphan

import (
	"context"
	"fmt"
	"time"

	resourceclient "k8s.io/client-go/kubernetes/typed/resource/v1"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/claim"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

const (
	// defaultInterval is slow: the kubelet unprepares what it knows, this is
	// for what it does not.
	defaultInterval = 10 * time.Minute
	// syncPoll is how often to ask whether the inventory is synced.
	syncPoll = time.Second
	// timeout of what is done for one claim.
	timeout = 30 * time.Second
)

// Inventory is what netagent says of attachments. Until it is synced it may
// not know all.
type Inventory interface {
	Synced() bool
	AllAttachments() []*netagentv1.Attachment
}

// Records finds the records of prepared claims. Get returns nil, nil when
// there is none.
type Records interface {
	Get(claimUID string) (*record.Record, error)
	All() []*record.Record
}

// Specs finds the claims that have a CDI spec.
type Specs interface {
	List() (claimUIDs []string, err error)
}

// Detacher takes everything of a claim away (package steps).
type Detacher interface {
	Detach(ctx context.Context, claimUID string) error
}

// Status is told of claims that were taken away. It must not block.
type Status interface {
	Forget(claimUID string)
}

// Config configures a [Collector]. What is not marked optional must be set.
type Config struct {
	// Driver and Node are the driver and the pool that claims of this node are
	// allocated from.
	Driver, Node string
	Claims       resourceclient.ResourceClaimsGetter
	Inventory    Inventory
	Records      Records
	Specs        Specs
	Steps        Detacher
	// Locks are shared with all who act on claims.
	Locks *claim.Locks
	// Status is optional.
	Status Status
	// Interval is optional, 0 is 10 minutes.
	Interval time.Duration
}

// Collector finds orphans and takes them away.
type Collector struct {
	config   Config
	reported reports
}

// New returns a collector.
func New(c Config) *Collector {
	if c.Interval == 0 {
		c.Interval = defaultInterval
	}
	return &Collector{config: c, reported: reports{}}
}

// Run collects as soon as the inventory is synced and then at each interval,
// until the context ends.
func (c *Collector) Run(ctx context.Context) error {
	for {
		wait := syncPoll
		if c.config.Inventory.Synced() {
			c.Collect(ctx)
			wait = c.config.Interval
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

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
	logging.From(ctx).Info("Taking away what is left of a claim", "why", why)
	if err := c.config.Steps.Detach(ctx, uid); err != nil {
		return fmt.Errorf("%s, but its devices stay: %w", why, err)
	}
	if c.config.Status != nil {
		c.config.Status.Forget(uid)
	}
	return nil
}
