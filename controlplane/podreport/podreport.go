// Package podreport hears what podlink says of its work in the pods, over a
// datagram socket in the plugin's data directory.
//
// Reports are news that may be lost, and nothing but the pods' status and
// traces depends on them. Only root can reach the socket; a datagram is parsed
// all the same as if anybody could.
package podreport

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/trace"

	"github.com/hawser-dra/hawser/api/report"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// Sink is told of each report. It must not block: who sends does not wait, and
// what finds the socket's queue full is lost.
type Sink interface {
	InPod(ctx context.Context, r report.Report)
}

// Listener hears reports.
type Listener struct {
	socket *socket
	sink   Sink
	tracer trace.Tracer
}

// Listen binds the socket in dir. Where there is one already, of an earlier
// driver or of one that is being replaced, the new one takes its place. Each
// report becomes a span.
func Listen(dir string, sink Sink, tracer trace.Tracer) (*Listener, error) {
	s, err := bind(dir)
	if err != nil {
		return nil, fmt.Errorf("socket for podlink: %w", err)
	}
	return &Listener{socket: s, sink: sink, tracer: tracer}, nil
}

// Run hands reports on until the context ends, and then removes the socket
// unless another driver has replaced it.
func (l *Listener) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = l.socket.conn.Close() })
	defer stop()
	defer l.socket.remove()
	buf := make([]byte, report.MaxSize+1)
	for {
		n, err := l.socket.conn.Read(buf)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("socket for podlink: %w", err)
		}
		l.handle(ctx, buf[:n])
	}
}

func (l *Listener) handle(ctx context.Context, datagram []byte) {
	log := logging.From(ctx)
	r, err := report.Parse(datagram)
	if err != nil {
		log.Warn("podlink's report is not understood", "err", err)
		return
	}
	log.Log(ctx, logging.Call, "podlink ran", "claimUID", r.ClaimUID, "device", r.Device,
		"outcome", r.Outcome, "interface", r.Interface, "addresses", r.Addresses,
		"took", r.End.Sub(r.Start), "err", r.Error)
	l.sink.InPod(l.trace(ctx, r), r)
}
