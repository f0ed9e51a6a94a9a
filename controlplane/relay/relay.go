// Package relay takes netagent's spans from a Unix socket and sends them where
// the driver sends its own: netagent opens no IP socket.
//
// It serves one call of OTLP, the export of traces, to one uid and gid, which is
// its own, and nothing else. What it takes is bounded in every direction: a
// connection's and a message's size, messages a second, and spans that wait.
// Whatever is beyond a bound, or cannot be delivered, is counted and dropped;
// who sends is never made to wait for the collector.
package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"golang.org/x/time/rate"
	"google.golang.org/grpc"

	"github.com/hawser-dra/hawser/internal/peer"
	"github.com/hawser-dra/hawser/internal/unixsocket"
)

const (
	// maxMessage is room for the SDK's batch of 512 spans with 2 KiB each.
	maxMessage = 1 << 20
	// maxHeaders bounds the metadata of a call, which has none.
	maxHeaders = 4 << 10
	// maxConnections is more than the one that netagent has.
	maxConnections = 4
	// maxStreams bounds the calls of a connection: the SDK makes one at a time.
	maxStreams = 4
	// perSecond bounds messages: 512 spans each are far more than a node makes.
	perSecond = 20
	// maxWaiting bounds the messages that wait for the collector.
	maxWaiting = 64

	// sendTime bounds one message's way to the collector.
	sendTime = 10 * time.Second
	// lingerTime is for what netagent sends when both are stopped at once.
	lingerTime = 500 * time.Millisecond
	// flushTime bounds what is sent at the end.
	flushTime = 2 * time.Second
)

// Config of a [Relay]. All of it must be set.
type Config struct {
	Socket string
	// Client sends to the collector.
	Client otlptrace.Client
	// Node is k8s.node.name, which netagent does not know.
	Node string
	Log  *slog.Logger
}

// Relay takes spans and sends them on.
type Relay struct {
	collectorpb.UnimplementedTraceServiceServer
	config  Config
	server  *grpc.Server
	rate    *rate.Limiter
	waiting chan []*tracepb.ResourceSpans
	dropped atomic.Int64
	said    atomic.Int64 // when a loss was last logged, in Unix seconds
}

// New returns a relay that does not listen yet.
func New(c Config) *Relay {
	r := &Relay{config: c, rate: rate.NewLimiter(perSecond, perSecond), waiting: make(chan []*tracepb.ResourceSpans, maxWaiting)}
	own := peer.Identity{UID: uint32(os.Getuid()), GID: uint32(os.Getgid())}
	r.server = grpc.NewServer(
		grpc.Creds(peer.NewCredentials(own, c.Log)),
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.MaxHeaderListSize(maxHeaders),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.WaitForHandlers(true),
	)
	collectorpb.RegisterTraceServiceServer(r.server, r)
	return r
}

// Dropped is how many spans were not delivered.
func (r *Relay) Dropped() int64 { return r.dropped.Load() }

// Run serves until ctx ends, and a little longer. That it cannot is logged:
// claims do not need it.
func (r *Relay) Run(ctx context.Context) error {
	if err := r.run(ctx); err != nil {
		r.config.Log.Error("netagent's spans are not relayed", "err", err)
	}
	return nil
}

func (r *Relay) run(ctx context.Context) error {
	if err := r.config.Client.Start(ctx); err != nil {
		return fmt.Errorf("collector: %w", err)
	}
	l, err := unixsocket.Listen(r.config.Socket, maxConnections)
	if err != nil {
		return errors.Join(err, r.config.Client.Stop(ctx))
	}
	sent := make(chan struct{})
	go func() { defer close(sent); r.send(ctx) }()
	stop := context.AfterFunc(ctx, func() { time.Sleep(lingerTime); r.server.Stop() })
	defer stop()
	err = r.server.Serve(l)
	r.server.Stop() // after an error too: no call may find the queue closed
	close(r.waiting)
	<-sent
	return errors.Join(err, r.config.Client.Stop(context.WithoutCancel(ctx)))
}
