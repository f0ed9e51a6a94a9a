package server

import (
	"context"
	"log/slog"

	middleware "github.com/grpc-ecosystem/go-grpc-middleware/v2"
	grpccall "github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors"
	grpclog "github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/logging"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/hawser-dra/hawser/telemetry/logging"
)

// claimed is a request about a claim.
type claimed interface{ GetClaimUid() string }

// withLogger puts the logger in the call's context, with the claim if the
// request has one.
func withLogger(log *slog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		ctx = logging.Into(ctx, log)
		if c, ok := req.(claimed); ok {
			ctx = logging.With(ctx, "claim", c.GetClaimUid())
		}
		return next(ctx, req)
	}
}

func withStreamLogger(log *slog.Logger) grpc.StreamServerInterceptor {
	return func(srv any, s grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
		return next(srv, &middleware.WrappedServerStream{
			ServerStream:   s,
			WrappedContext: logging.Into(s.Context(), log),
		})
	}
}

// isLogged leaves out the health check: probes ask every few seconds, and the
// kubelet tells when one fails.
func isLogged(_ context.Context, call grpccall.CallMeta) bool {
	return call.Service != healthpb.Health_ServiceDesc.ServiceName
}

// logOptions keep one line a call: method, code, duration and error.
func logOptions() []grpclog.Option {
	return []grpclog.Option{
		grpclog.WithLogOnEvents(grpclog.FinishCall),
		grpclog.WithDisableLoggingFields(
			"protocol", "grpc.component", "grpc.service", "grpc.method_type"),
		grpclog.WithLevels(logLevel),
		grpclog.WithDurationField(grpclog.DurationToDurationField),
	}
}

// logLevel shows an operator what was refused and what failed; what went well
// shows at -v 2.
func logLevel(code codes.Code) grpclog.Level {
	switch code {
	case codes.OK, codes.Canceled, codes.Unavailable: // the last: netagent stops
		return grpclog.Level(logging.Call)
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return grpclog.LevelError
	}
	return grpclog.LevelWarn
}
