// Package server is netagent's door: a gRPC server on one Unix socket.
//
// It holds everything that happens to a call before and after its handler: who
// may connect, how much, how large, how often and how long; which fields a
// request may have; and which status code an error becomes. It refuses unknown
// fields, for whoever sends one means something that this build does not know.
// There is no reflection and no service but the API and grpc.health.v1.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/peer"
	"github.com/hawser-dra/hawser/internal/unixsocket"
)

const (
	// maxRequest bounds a request: the largest has 8 devices of under 200 bytes.
	maxRequest = 64 << 10

	// maxHeaders bounds the metadata of a call: a trace context and little else.
	maxHeaders = 8 << 10

	// maxStreams bounds the calls of one connection at a time: all claims of a
	// node that starts, and more only wait.
	maxStreams = 256

	// maxConnections leaves room for a driver, its successor during an update,
	// and probes.
	maxConnections = 16

	// handshakeTime bounds how long a connection may take to become one.
	handshakeTime = 5 * time.Second

	// stopTime is what calls in flight have to end.
	stopTime = 5 * time.Second
)

// Config is what a Server works with. What is not marked optional is required.
type Config struct {
	Socket  string
	Allowed peer.Identity
	Attach  Attacher
	Watch   Watcher
	Log     *slog.Logger
	// Tracer makes a span of each call; optional.
	Tracer trace.TracerProvider
}

// Server serves the API.
type Server struct {
	socket string
	grpc   *grpc.Server
	api    *api
}

// New returns a Server that does not listen yet.
func New(c Config) (*Server, error) {
	chain, err := newChain(c.Log, newLimiter())
	if err != nil {
		return nil, err
	}
	s := &Server{
		socket: c.Socket,
		grpc:   grpc.NewServer(slices.Concat(bounds(c), traced(c), chain.options())...),
		api:    &api{attach: c.Attach, watch: c.Watch, stopping: make(chan struct{})},
	}
	netagentv1.RegisterNetAgentServer(s.grpc, s.api)
	healthpb.RegisterHealthServer(s.grpc, health.NewServer())
	return s, nil
}

func bounds(c Config) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.Creds(peer.NewCredentials(c.Allowed, c.Log)),
		grpc.MaxRecvMsgSize(maxRequest),
		grpc.MaxHeaderListSize(maxHeaders),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.ConnectionTimeout(handshakeTime),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: time.Minute, Timeout: 20 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
	}
}

// Run serves until ctx ends, then lets calls in flight end. Once it serves it
// is healthy, so it is called when the node's state has been read.
func (s *Server) Run(ctx context.Context) error {
	l, err := unixsocket.Listen(s.socket, maxConnections)
	if err != nil {
		return err
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { defer close(stopped); s.stop() })
	err = s.grpc.Serve(l)
	if !stop() {
		<-stopped
	}
	if err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serve on %s: %w", s.socket, err)
	}
	return nil
}

// stop ends streams, waits for calls, and cuts off what is left.
func (s *Server) stop() {
	close(s.api.stopping)
	cut := time.AfterFunc(stopTime, s.grpc.Stop)
	defer cut.Stop()
	s.grpc.GracefulStop()
}
