package server

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"buf.build/go/protovalidate"
	grpclog "github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/logging"
	grpcvalidate "github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/protovalidate"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/ratelimit"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/selector"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// chain is what each call passes, the first outermost. What costs least to
// refuse is refused first, and validation comes before the rate limit so that a
// caller's mistake is told as such.
type chain struct {
	unary  []grpc.UnaryServerInterceptor
	stream []grpc.StreamServerInterceptor
}

func newChain(log *slog.Logger, pace limiter) (chain, error) {
	validator, err := protovalidate.New(protovalidate.WithMessages(
		&netagentv1.AttachRequest{}, &netagentv1.DetachRequest{}, &netagentv1.WatchRequest{}))
	if err != nil {
		return chain{}, fmt.Errorf("compile the rules of the API: %w", err)
	}
	rescue := recovery.WithRecoveryHandlerContext(recovered(log))
	lines := grpclog.LoggerFunc(logLine)
	return chain{
		unary: []grpc.UnaryServerInterceptor{
			recovery.UnaryServerInterceptor(rescue),
			withLogger(log),
			selector.UnaryServerInterceptor(grpclog.UnaryServerInterceptor(lines, logOptions()...), selector.MatchFunc(isLogged)),
			refuseUnknown,
			grpcvalidate.UnaryServerInterceptor(validator),
			ratelimit.UnaryServerInterceptor(pace),
			withDeadline,
		},
		stream: []grpc.StreamServerInterceptor{
			recovery.StreamServerInterceptor(rescue),
			withStreamLogger(log),
			grpclog.StreamServerInterceptor(lines, logOptions()...),
			refuseUnknownStream,
			grpcvalidate.StreamServerInterceptor(validator),
			ratelimit.StreamServerInterceptor(pace),
		},
	}, nil
}

func (c chain) options() []grpc.ServerOption {
	return []grpc.ServerOption{grpc.ChainUnaryInterceptor(c.unary...), grpc.ChainStreamInterceptor(c.stream...)}
}

// recovered turns a panic into an error of that one call, and keeps the stack
// for the log.
func recovered(log *slog.Logger) recovery.RecoveryHandlerFuncContext {
	return func(_ context.Context, p any) error {
		log.Error("call ended in a panic", "panic", p, "stack", string(debug.Stack()))
		return status.Error(codes.Internal, "netagent failed at this call: see its log")
	}
}

// logLine writes the middleware's lines to the call's logger.
func logLine(ctx context.Context, level grpclog.Level, msg string, fields ...any) {
	logging.From(ctx).Log(ctx, slog.Level(level), msg, fields...)
}
