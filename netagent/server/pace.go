package server

import (
	"context"
	"errors"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc"
)

const (
	// callsPerSecond is more than the kernel can do: a link takes it up to
	// 20 ms to delete, under one lock.
	callsPerSecond = 100

	// burst lets a node that starts attach everything at once.
	burst = 512

	// maxCallTime ends a call that has no deadline, or a later one. The kubelet
	// waits 45 s for a prepare.
	maxCallTime = 30 * time.Second
)

type limiter struct{ tokens *rate.Limiter }

func newLimiter() limiter {
	return limiter{rate.NewLimiter(callsPerSecond, burst)}
}

// Limit refuses a call past the rate.
func (l limiter) Limit(context.Context) error {
	if !l.tokens.Allow() {
		return errors.New("more than 100 calls a second")
	}
	return nil
}

func withDeadline(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, maxCallTime)
	defer cancel()
	return next(ctx, req)
}
