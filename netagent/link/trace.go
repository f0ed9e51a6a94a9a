package link

import (
	"context"
	"errors"
	"syscall"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sys/unix"

	"github.com/hawser-dra/hawser/telemetry/tracing"
)

// messages are the kinds of requests that the package makes. They name the
// spans; what a request is about is in its attributes.
var messages = map[uint16]string{
	unix.RTM_NEWLINK:     "RTM_NEWLINK",
	unix.RTM_SETLINK:     "RTM_SETLINK",
	unix.RTM_DELLINK:     "RTM_DELLINK",
	unix.RTM_GETLINK:     "RTM_GETLINK",
	unix.RTM_NEWLINKPROP: "RTM_NEWLINKPROP",
	unix.RTM_DELLINKPROP: "RTM_DELLINKPROP",
	unix.RTM_GETADDR:     "RTM_GETADDR",
	unix.RTM_GETROUTE:    "RTM_GETROUTE",
	unix.RTM_GETNSID:     "RTM_GETNSID",
}

// start begins the request's span, which includes the wait for a socket.
func (r request) start(ctx context.Context) (context.Context, trace.Span) {
	ctx, span := tracing.Start(ctx, "netlink "+messages[r.message.Type])
	span.SetAttributes(attribute.String("netlink.operation", r.op))
	if r.kind != "" {
		span.SetAttributes(attribute.String("hawser.device.kind", r.kind))
	}
	return ctx, span
}

// end ends it. That a link is there or is gone is an answer, not a failure.
func (r request) end(span trace.Span, payloads [][]byte, err error) {
	if span.IsRecording() {
		size := 0
		for _, p := range payloads {
			size += len(p)
		}
		span.SetAttributes(
			attribute.Int("netlink.request.bytes", int(r.message.Len)),
			attribute.Int("netlink.reply.bytes", size),
		)
		if errno, ok := errors.AsType[syscall.Errno](err); ok {
			span.SetAttributes(attribute.String("netlink.errno", unix.ErrnoName(errno)))
		}
	}
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrExists) {
		err = nil
	}
	tracing.End(span, err)
}
