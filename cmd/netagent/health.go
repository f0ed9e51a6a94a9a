package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// healthTime is what a probe waits: the call takes a quarter of a millisecond.
const healthTime = 3 * time.Second

// health asks the netagent on a socket whether it serves. It must run under the
// user and group that netagent admits.
func health(ctx context.Context, args []string, usage io.Writer) error {
	f := flag.NewFlagSet("netagent health", flag.ContinueOnError)
	socket := f.String("socket", defaultSocket, "`path` of the Unix socket to ask")
	if err := parse(f, args, usage); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	conn, err := grpc.NewClient("unix:"+*socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("health of %s: %w", *socket, err)
	}
	defer conn.Close()
	answer, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{})
	if err != nil {
		return fmt.Errorf("health of %s: %w", *socket, err)
	}
	if s := answer.GetStatus(); s != healthpb.HealthCheckResponse_SERVING {
		return fmt.Errorf("health of %s: %s", *socket, s)
	}
	return nil
}
