package bench

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// netagent answers so many calls a second in the long run, and a burst beside.
const (
	callsPerSecond = 100
	burstOfCalls   = 512
)

// limited is what netagent says past that.
const limited = "more than 100 calls a second"

// patiently does what netagent may refuse for coming too often, until it does
// not. It is for what is not measured.
func (c *called) patiently(ctx context.Context, do func() error) error {
	for {
		err := do()
		if err == nil || !strings.Contains(err.Error(), limited) {
			return err
		}
		if err := rest(ctx, time.Second/callsPerSecond); err != nil {
			return err
		}
	}
}

const (
	// calmSeconds is longer than what the programs wait with what they do later for
	// a claim: the driver writes its status after 5 s, and looks again after 10.
	calmSeconds = 12
	// mostSeconds bounds the wait for those.
	mostSeconds = 300
	// littleTime is what a program that does nothing may use of a second.
	littleTime = 50 * time.Millisecond
)

// calm waits until the node's programs have done nothing for a while.
func (c *called) calm(ctx context.Context) error {
	idle := 0
	for range mostSeconds {
		used, err := usedBy(c.node, func() error { return rest(ctx, time.Second) })
		if err != nil {
			return err
		}
		idle++
		if used[byDriver]+used[byNetagent] > littleTime {
			idle = 0
		}
		if idle == calmSeconds {
			return nil
		}
	}
	return fmt.Errorf("node %s does not come to rest", c.node.Name)
}

// rest waits.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
