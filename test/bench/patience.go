package bench

import (
	"context"
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

// rest waits.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
