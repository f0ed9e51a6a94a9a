// Package queue hands claims to workers: each claim to one worker at a time,
// once for any number of changes, and again, ever later, when it failed.
package queue

import (
	"context"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"

	"github.com/hawser-dra/hawser/telemetry/logging"
)

// Config configures a [Queue].
type Config struct {
	// Workers at once; 0 is 4.
	Workers int
	// MinBackoff and MaxBackoff bound the wait after a failure, which doubles
	// each time; 0 is 100 ms and 30 s.
	MinBackoff, MaxBackoff time.Duration
	// MaxFailures in a row, after which a claim waits for its next change; 0
	// is no bound.
	MaxFailures int
}

// Queue holds the UIDs of claims.
type Queue struct {
	job    string
	config Config
	claims workqueue.TypedRateLimitingInterface[string]
}

// New returns an empty queue. The job is what workers do with a claim, for the
// log: "follow its links".
func New(job string, c Config) *Queue {
	if c.Workers == 0 {
		c.Workers = 4
	}
	if c.MinBackoff == 0 {
		c.MinBackoff = 100 * time.Millisecond
	}
	if c.MaxBackoff == 0 {
		c.MaxBackoff = 30 * time.Second
	}
	limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[string](c.MinBackoff, c.MaxBackoff)
	return &Queue{job: job, config: c, claims: workqueue.NewTypedRateLimitingQueue(limiter)}
}

// Add makes a worker handle the claim after a while.
func (q *Queue) Add(claimUID string, after time.Duration) {
	q.claims.AddAfter(claimUID, after)
}

// Run handles claims until the context ends.
func (q *Queue) Run(ctx context.Context, handle func(ctx context.Context, claimUID string) error) {
	stop := context.AfterFunc(ctx, q.claims.ShutDown)
	defer stop()
	var workers sync.WaitGroup
	for range q.config.Workers {
		workers.Go(func() {
			for q.next(ctx, handle) {
			}
		})
	}
	workers.Wait()
}

// next handles one claim and says whether there may be more.
func (q *Queue) next(ctx context.Context, handle func(ctx context.Context, claimUID string) error) bool {
	uid, shutdown := q.claims.Get()
	if shutdown {
		return false
	}
	defer q.claims.Done(uid)
	err := handle(ctx, uid)
	if err == nil || ctx.Err() != nil {
		q.claims.Forget(uid)
		return true
	}
	failures := q.claims.NumRequeues(uid) + 1
	log := logging.From(ctx).With("claimUID", uid, "failures", failures, "err", err)
	if q.config.MaxFailures > 0 && failures >= q.config.MaxFailures {
		q.claims.Forget(uid)
		log.Error("Cannot " + q.job + ", giving up until the claim changes")
		return true
	}
	log.Warn("Cannot " + q.job + " yet, will try again")
	q.claims.AddRateLimited(uid)
	return true
}
