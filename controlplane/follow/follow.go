// Package follow keeps one invariant: a claim's CDI spec lists a link exactly
// while that link is in the host namespace.
//
// It is driven by what netagent says of attachments, and compares the whole
// state of a claim each time: what was missed or failed is made up for by the
// next look. A link that is lost with its namespace while its claim is still
// prepared is attached again, so that a new sandbox of the pod can start.
//
// Claims without a record are none of its business: they are being prepared,
// or left behind (package orphan).
package follow

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/controlplane/internal/queue"
	"github.com/hawser-dra/hawser/controlplane/steps"
	"github.com/hawser-dra/hawser/internal/claimlock"
	"github.com/hawser-dra/hawser/telemetry/logging"
	"github.com/hawser-dra/hawser/telemetry/metrics"
	"github.com/hawser-dra/hawser/telemetry/tracing"
)

const (
	// defaultSettle is longer than most Unprepares take to come after the end
	// of a pod's namespace, and shorter than a new sandbox takes to start.
	defaultSettle = 300 * time.Millisecond
	// timeout of what is done for one claim.
	timeout = 30 * time.Second
)

// Inventory is what netagent says of attachments. Next blocks until those of
// some claims have changed; Attachments returns what they are now.
type Inventory interface {
	Next(ctx context.Context) (claimUIDs []string, err error)
	Attachments(claimUID string) []*netagentv1.Attachment
}

// Records finds the records of prepared claims. Get returns nil, nil when
// there is none.
type Records interface {
	Get(claimUID string) (*record.Record, error)
}

// Status is told where the devices of a claim are. It must not block.
type Status interface {
	Observed(ctx context.Context, r *record.Record, attachments []*netagentv1.Attachment)
	// NotRemade says why what is lost cannot be made again yet.
	NotRemade(ctx context.Context, r *record.Record, why error)
}

// Config configures a [Follower]. What is not marked optional must be set.
type Config struct {
	Inventory Inventory
	Steps     *steps.Steps
	// Records are those that Steps writes.
	Records Records
	// Locks are shared with all who act on claims.
	Locks *claimlock.Locks
	// Status is optional.
	Status Status
	// Settle is how long a lost link may wait for its claim to go too;
	// optional, 0 is 300 ms.
	Settle time.Duration
	// Queue is optional.
	Queue queue.Config
	// Tracer and Metrics are optional.
	Tracer  trace.Tracer
	Metrics *metrics.Metrics
}

// Follower follows links.
type Follower struct {
	config Config
	queue  *queue.Queue
}

// New returns a follower.
func New(c Config) *Follower {
	if c.Settle == 0 {
		c.Settle = defaultSettle
	}
	if c.Tracer == nil {
		c.Tracer = noop.Tracer{}
	}
	if c.Metrics == nil {
		c.Metrics = metrics.Off()
	}
	return &Follower{config: c, queue: queue.New("follow the links of a claim", c.Queue)}
}

// Run follows until the context ends.
func (f *Follower) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.queue.Run(ctx, f.follow)
	}()
	err := f.listen(ctx)
	cancel()
	<-done
	return err
}

// listen queues the claims that change.
func (f *Follower) listen(ctx context.Context) error {
	for ctx.Err() == nil {
		uids, err := f.config.Inventory.Next(ctx)
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("follow attachments: %w", err)
		}
		for _, uid := range uids {
			f.queue.Add(uid, f.patience(uid))
		}
	}
	return nil
}

// patience is how long a claim may wait. Most links are lost because their pod
// has ended: its claim will be unprepared in a moment, and a link made again
// before that would be for nobody.
func (f *Follower) patience(claimUID string) time.Duration {
	if lost(f.config.Inventory.Attachments(claimUID)) > 0 {
		return f.config.Settle
	}
	return 0
}

// follow brings the spec of one claim in line with where its links are.
func (f *Follower) follow(ctx context.Context, claimUID string) error {
	ctx, cancel := context.WithTimeout(logging.With(ctx, "claimUID", claimUID), timeout)
	defer cancel()
	unlock, err := f.config.Locks.Lock(ctx, claimUID)
	if err != nil {
		return err
	}
	defer unlock()
	r, err := f.config.Records.Get(claimUID)
	if err != nil || r == nil {
		return err
	}
	attachments := f.config.Inventory.Attachments(claimUID)
	if !complete(r, attachments) {
		return nil
	}
	return f.act(ctx, r, attachments)
}

// act does what the locations of a claim's links ask for.
func (f *Follower) act(ctx context.Context, r *record.Record, attachments []*netagentv1.Attachment) (err error) {
	name, where := r.Claim.Namespace+"/"+r.Claim.Name, locations(attachments)
	ctx, span := tracing.StartClaim(ctx, f.config.Tracer, r.Claim.UID, "follow",
		trace.WithAttributes(tracing.ClaimName.String(name), attribute.String("hawser.locations", where)))
	defer func() { tracing.End(span, err) }()
	logging.From(ctx).Log(ctx, logging.Call, "Following", "claim", name, "locations", where)
	if f.config.Status != nil {
		f.config.Status.Observed(ctx, r, attachments)
	}
	// What is lost is not listed until it is finished: a runtime would move it
	// half made.
	n := lost(attachments)
	if err := f.config.Steps.Observe(ctx, r, attachments); err != nil || n == 0 {
		return err
	}
	if _, err := f.config.Steps.Attach(ctx, r); err != nil {
		if f.config.Status != nil {
			f.config.Status.NotRemade(ctx, r, err)
		}
		return err
	}
	f.config.Metrics.LinksRemade.Add(ctx, int64(n))
	return nil
}
