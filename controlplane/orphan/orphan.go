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
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"k8s.io/apimachinery/pkg/util/wait"
	resourceclient "k8s.io/client-go/kubernetes/typed/resource/v1"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/internal/claimlock"
	"github.com/hawser-dra/hawser/telemetry/metrics"
)

const (
	// defaultInterval is slow: the kubelet unprepares what it knows, this is
	// for what it does not.
	defaultInterval = 10 * time.Minute
	// syncPoll is how often to ask whether the inventory is synced.
	syncPoll = time.Second
	// abandoned is the age at which nobody writes a file any more.
	abandoned = time.Minute
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
	Sweeper
}

// Specs finds the claims that have a CDI spec.
type Specs interface {
	List() (claimUIDs []string, err error)
	Sweeper
}

// Sweeper removes files that a crash has left half written, longer than age ago.
type Sweeper interface {
	Sweep(age time.Duration) error
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
	Locks *claimlock.Locks
	// Status is optional.
	Status Status
	// Interval is optional, 0 is 10 minutes; at most twice that passes.
	Interval time.Duration
	// Tracer and Metrics are optional.
	Tracer  trace.Tracer
	Metrics *metrics.Metrics
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
	if c.Tracer == nil {
		c.Tracer = noop.Tracer{}
	}
	if c.Metrics == nil {
		c.Metrics = metrics.Off()
	}
	return &Collector{config: c, reported: reports{}}
}

// Run collects as soon as the inventory is synced and then after each interval, or
// up to twice that, until the context ends: many nodes whose drivers were started
// at once do not go on asking at once.
func (c *Collector) Run(ctx context.Context) error {
	for {
		next := syncPoll
		if c.config.Inventory.Synced() {
			c.Collect(ctx)
			next = wait.Jitter(c.config.Interval, 1)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(next):
		}
	}
}
